use spanwright::testing::Captured;

#[spanwright::test]
fn counts(telemetry: Captured, other: u8) {
    let _both = (telemetry, other);
}

fn main() {}
