//! Polls that give their worker away, which hold up nobody.

use spanwright_recording::event::*;

use super::story::Story;
use super::{folder, spanwright, stdout};

#[test]
fn a_poll_whose_worker_another_thread_became_holds_up_nobody() {
    let blocks = |parks: &[(u64, u64, u32)]| {
        let mut story = Story::new();
        let took_over =
            Thread { id: 5, role: Role::Worker, runtime: Some(1), worker: Some(0), ..Thread::default() };
        story.at(1, 5, took_over);
        story.spawn(1, 7);
        story.poll(100, 300, 7);
        parks.iter().for_each(|(start, end, thread)| story.park(*start, *end, *thread));
        story
    };
    blocks(&[(90, 200, 1), (110, 250, 5)]).yields("handed-over", &[]);
    blocks(&[(90, 200, 1), (110, 900, 5)]).yields("handed-over-for-long", &[]);
    // What was going on at the end is not told.
    blocks(&[(90, 100, 1), (20, 90, 5), (20, 80, 0)]).yields("at-the-end", &[]);
    // The runtime has two workers: the other one and this may be all there are.
    blocks(&[(90, 200, 1), (200, 250, 5)]).yields("not-at-once", &["blocking-in-async"]);
    blocks(&[(90, 200, 1), (20, 90, 5), (300, 400, 5)]).yields("not-meanwhile", &["blocking-in-async"]);
}

#[test]
fn long_polls_of_a_torn_file_are_not_judged_where_threads_take_each_others_place() {
    let folder = folder("torn-polls");
    for (name, parked, found) in [("five", 5, 0), ("one", 1, 1)] {
        let mut story = Story::new();
        story.spawn(1, 7);
        let role = Role::Worker;
        story.at(1, 5, Thread { id: 5, role, runtime: Some(1), worker: Some(0), ..Thread::default() });
        for start in (0..1000).map(|round| 100 + round * 200) {
            story.poll(start, start + 120, 7);
            story.park(start + 125, start + 150, 0);
            story.park(start + 130, start + 150, 1);
            story.park(start + 155, start + 175, parked);
        }
        story.write(&folder.join(name));
        let analyzed = |file: &str| stdout(&spanwright(&folder, &["analyze", file]));
        assert!(analyzed(name).contains(": blocking-in-async: "));
        let mut bytes = std::fs::read(folder.join(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(folder.join("torn"), bytes).unwrap();
        let text = analyzed("torn");
        assert_eq!(text.matches(": blocking-in-async: ").count(), found, "{text}");
        assert_eq!(text.contains("nor long polls where threads"), found == 0, "{text}");
    }
}
