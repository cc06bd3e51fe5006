//! Futures that hold 4 KiB while they wait.

use std::hint::black_box;

async fn hold() {
    let held = black_box([0_u8; 4096]);
    std::future::pending::<()>().await;
    black_box(&held);
}

pub async fn plain(text: &str) {
    black_box(text);
    hold().await;
}

#[spanwright::instrument(record(text), metrics)]
pub async fn ours(text: &str) {
    black_box(text);
    hold().await;
}

#[tracing::instrument]
pub async fn tracings(text: &str) {
    black_box(text);
    hold().await;
}

#[fastrace::trace(properties = { "text": "{text}" })]
pub async fn fastraces(text: &str) {
    black_box(text);
    hold().await;
}

#[autometrics::autometrics]
pub async fn autometric(text: &str) {
    black_box(text);
    hold().await;
}

#[hotpath::measure]
pub async fn hotpaths(text: &str) {
    black_box(text);
    hold().await;
}
