//! What goes when the budget is used up.

use std::sync::Arc;

use object_store::local::LocalFileSystem;

use super::*;

fn store(folder: &Folder) -> Destination {
    let store = LocalFileSystem::new_with_prefix(&folder.0).expect("the folder is there");
    Destination::new(Arc::new(store), "").service("shop").host("north")
}

/// Writes more than fits, and says how much there was at most.
fn overflow(folder: &Folder, to: Destination, pause: Duration) -> (u64, UploadHealth) {
    let files = RotatingWriter::new(folder.base(), 100_000, 500_000).expect("the folder is there");
    let writer = ObjectStoreWriter::new(files, to).expect("a thread starts").drain(Duration::from_secs(30));
    let monitor = writer.monitor();
    let options = Options { codec: Codec::None, level: 0, block_bytes: 1 << 14, recording: 5 };
    let mut encoder = Encoder::new(writer, options);
    let mut most = 0;
    for round in 0..20 {
        logs(&mut encoder, round * 100, 100);
        let files = numbered_files(&folder.base()).expect("the folder is there");
        most = most.max(files.iter().map(|(.., length)| length).sum());
        std::thread::sleep(pause);
    }
    encoder.finish().expect("the disk has room");
    (most, monitor.health())
}

#[test]
fn the_budget_holds_and_what_went_before_it_was_uploaded_is_counted() {
    let folder = Folder::new("lost");
    // Nobody listens there.
    let (most, health) = overflow(&folder, destination(free_port(), SECRET), Duration::ZERO);
    assert!(most <= 500_000, "{most}");
    let left = written(&folder);
    let last = *left.keys().last().expect("there are files");
    assert_eq!(health.lost_files + health.queued_files, last + 1, "{health:?}");
    assert_eq!(health.queued_files, left.len() as u64);
    assert!(health.lost_files > 10 && health.lost_bytes > 1_000_000, "{health:?}");
    assert!(!left.contains_key(&0), "the oldest went first");
}

#[test]
fn nothing_is_lost_where_uploads_keep_up() {
    let (folder, store_folder) = (Folder::new("kept"), Folder::new("kept-store"));
    let (most, health) = overflow(&folder, store(&store_folder), Duration::from_millis(50));
    assert!(most <= 500_000, "{most}");
    assert_eq!((health.lost_files, health.queued_files), (0, 0), "{health:?}");
    let received = received(&store_folder.0.join("shop/north"));
    assert_eq!(received.len() as u64, health.uploaded_files);
    let left = written(&folder);
    assert!(left.len() < received.len(), "the budget was used up");
    assert!(left.iter().all(|(number, bytes)| received.get(number) == Some(bytes)));
    let mut reader = Reader::open(store_folder.0.join("shop/north")).expect("they are there");
    assert_eq!(reader.events().count(), 2000);
}

/// A file that was uploaded goes before an older one that was not.
#[test]
fn what_the_store_has_goes_first() {
    let (folder, store_folder) = (Folder::new("first"), Folder::new("first-store"));
    // Something is in the way of the first file, so that it can't be uploaded.
    let name = "shop/north/20231114T221320.000000000Z-0.spwr/in-the-way";
    std::fs::create_dir_all(store_folder.0.join(name)).expect("it can be made");
    let to = store(&store_folder).backoff(Duration::from_millis(1), Duration::from_millis(10));
    let (_, health) = overflow(&folder, to, Duration::from_millis(50));
    assert!(folder.base().with_extension("0.spwr").exists(), "it stays, since nobody else has it");
    assert_eq!(health.lost_files, 0, "{health:?}");
    assert!(!folder.base().with_extension("1.spwr").exists() && health.uploaded_files > 10, "{health:?}");
}
