#![deny(warnings)]

use std::collections::HashMap;

use spanwright::instrument;

#[instrument(err)]
fn reborrowed(map: &mut HashMap<u8, String>) -> Result<&mut String, String> {
    let map = &mut *map;
    map.get_mut(&1).ok_or_else(|| "none".to_owned())
}

#[instrument(err)]
async fn reborrowed_async(map: &mut HashMap<u8, String>) -> Result<&mut String, String> {
    map.get_mut(&1).ok_or_else(|| "none".to_owned())
}

#[instrument(err, record(text))]
fn moved(text: String) -> Result<String, String> {
    Ok(text)
}

#[instrument(err, record(text))]
async fn moved_async(text: String) -> Result<String, String> {
    tick().await;
    Ok(text)
}

#[instrument(record(text))]
async fn reassigned(mut text: String, mut number: &u8) -> usize {
    static SEVEN: u8 = 7;
    text = text.to_uppercase();
    tick().await;
    number = if *number > 1 { &SEVEN } else { number };
    text.len() + usize::from(*number)
}

#[instrument(record(?values))]
fn grown(mut values: Vec<u8>) -> Vec<u8> {
    values.push(1);
    values
}

#[instrument(record(left, right))]
fn pair<'a>(left: &'a mut u8, right: &'a mut u8) -> (&'a mut u8, &'a mut u8) {
    *left += 1;
    (right, left)
}

#[instrument]
async fn tick() {}

#[instrument(err)]
fn callback(mut visit: impl FnMut(&u8) -> Result<(), String>, values: &[u8]) -> Result<(), String> {
    values.iter().try_for_each(|value| visit(value))
}

#[instrument(err)]
fn once(make: impl FnOnce() -> Result<u8, String>) -> Result<u8, String> {
    make()
}

fn main() {
    let mut map = HashMap::from([(1, String::new())]);
    reborrowed(&mut map).unwrap().push('a');
    assert_eq!(map[&1], "a");
    drop(reborrowed_async(&mut map));
    assert_eq!(moved("a".to_owned()), Ok("a".to_owned()));
    drop((moved_async(String::new()), reassigned(String::new(), &1)));
    assert_eq!(grown(vec![]), [1]);
    let (mut left, mut right) = (1, 2);
    assert_eq!(pair(&mut left, &mut right), (&mut 2, &mut 2));
    let mut sum = 0;
    callback(|value| Ok(sum += value), &[1, 2]).unwrap();
    assert_eq!(sum, 3);
    assert_eq!(once(|| Ok(7)), Ok(7));
}
