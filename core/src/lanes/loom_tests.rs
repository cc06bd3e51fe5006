//! Lanes under every interleaving that loom can think of.

use super::*;
use loom::sync::Arc;
use loom::thread;

fn facts(number: u32) -> ThreadFacts {
    ThreadFacts {
        number,
        name: char::from(b'a' + number as u8).to_string().repeat(9),
        os_id: number.into(),
        role: Role::Worker,
        runtime: Some(number),
        worker: Some(number),
    }
}

/// A lane goes from one thread to another while somebody reads.
#[test]
fn what_is_known_is_of_one_thread() {
    loom::model(|| {
        let lane = Arc::new(Lane::new());
        lane.give(&facts(1), 1);
        let writes = {
            let lane = Arc::clone(&lane);
            thread::spawn(move || {
                lane.leave();
                lane.give(&facts(2), 1);
            })
        };
        let seen = lane.facts();
        assert!([ThreadFacts::default(), facts(1), facts(2)].contains(&seen), "{seen:?}");
        writes.join().unwrap();
        assert_eq!(lane.facts(), facts(2));
    });
}

/// Polls follow one another while somebody looks.
#[test]
fn what_a_thread_does_is_one_thing() {
    loom::model(|| {
        let lane = Arc::new(Lane::new());
        lane.begin(Doing::Poll, 1, 0, Ticks(11));
        let writes = {
            let lane = Arc::clone(&lane);
            thread::spawn(move || {
                for task in 2..=3 {
                    lane.end(Doing::Poll).unwrap();
                    lane.begin(Doing::Poll, task, 0, Ticks(10 + task));
                }
            })
        };
        if let Some((doing, since, task)) = lane.doing() {
            assert_eq!((doing, since), (Doing::Poll, Ticks(10 + task)));
        }
        writes.join().unwrap();
        assert_eq!(lane.doing(), Some((Doing::Poll, Ticks(13), 3)));
    });
}

/// A thread that polls takes another lane: whoever looks finds its poll in one of them, whole.
#[test]
fn a_poll_moves_with_its_thread() {
    loom::model(|| {
        let (old, new) = (Arc::new(Lane::new()), Arc::new(Lane::new()));
        old.give(&facts(1), 1);
        old.begin(Doing::Poll, 5, 0, Ticks(7));
        let moves = {
            let (old, new) = (Arc::clone(&old), Arc::clone(&new));
            thread::spawn(move || new.give_instead(&old, 3))
        };
        if new.number() == 1 && new.facts().number == 1 {
            assert_eq!(new.doing(), Some((Doing::Poll, Ticks(7), 5)));
        }
        moves.join().unwrap();
        assert_eq!((old.number(), old.doing(), new.epoch()), (0, None, 3));
        assert_eq!((new.facts(), new.end(Doing::Poll)), (facts(1), Some((Ticks(7), 5))));
    });
}
