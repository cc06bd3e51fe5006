//! Files of a store, to be read here.

use std::fs::{self, File};
use std::future::poll_fn;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::destination::Destination;
use super::failure::Failure;

/// So much is asked for at once, and held in memory.
const PART: u64 = 8 << 20;

/// Gets the file at an address, or all below it but hidden ones, into a folder, and gives their paths there, those of a folder of the store in
/// the order in which they were written.
///
/// The address is as for [`Destination::from_url`], and so are the keys in the environment; what has a `%` in its name is reached by what it is
/// in. `progress` is called with the number of files that
/// there are here, and of all.
///
/// Fails where the store can't be reached, or refuses, or has nothing there; it says so without what is secret.
pub fn download(
    address: &str,
    settings: impl IntoIterator<Item = (String, String)>,
    folder: &Path,
    mut progress: impl FnMut(u64, u64),
) -> io::Result<Vec<PathBuf>> {
    let from = Destination::from_url(address, settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let unread = |failure: Failure| io::Error::other(format!("`{address}` can't be read: {failure}"));
    runtime.block_on(async {
        let found = find(from.store.as_ref(), &from.prefix).await.map_err(unread)?;
        if found.is_empty() {
            let said = format!("there is no file at `{address}`");
            return Err(io::Error::new(io::ErrorKind::NotFound, said));
        }
        let mut files = Vec::new();
        for object in &found {
            progress(files.len() as u64, found.len() as u64);
            files.push(fetch(from.store.as_ref(), object, folder).await.map_err(unread)?);
        }
        Ok(files)
    })
}

/// The object of this name, or all below it.
async fn find(store: &dyn ObjectStore, key: &Key) -> Result<Vec<ObjectMeta>, Failure> {
    if !key.as_ref().is_empty() {
        match store.head(key).await {
            Ok(object) => return Ok(vec![object]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut found = Vec::new();
    let mut listed = store.list(Some(key));
    while let Some(object) = poll_fn(|context| listed.as_mut().poll_next(context)).await {
        found.push(object?);
    }
    found.retain(|object| !is_hidden(&object.location));
    // 10 after 9.
    found.sort_by_cached_key(|object| (object.location.as_ref().len(), object.location.as_ref().to_owned()));
    Ok(found)
}

fn is_hidden(key: &Key) -> bool {
    key.filename().is_none_or(|name| name.starts_with('.'))
}

async fn fetch(store: &dyn ObjectStore, object: &ObjectMeta, folder: &Path) -> Result<PathBuf, Failure> {
    let mut path = folder.to_owned();
    // No part of a name leads elsewhere: the store's paths have neither `.` nor `..`.
    path.extend(object.location.parts().map(|part| part.as_ref().to_owned()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create(&path)?;
    let mut at = 0;
    while at < object.size {
        let end = object.size.min(at + PART);
        file.write_all(&store.get_range(&object.location, at..end).await?)?;
        at = end;
    }
    Ok(path)
}
