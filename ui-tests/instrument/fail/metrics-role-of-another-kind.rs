use spanwright::__private::{Role, role};
use spanwright::{ByOutcome, Counter, Gauge, Histogram, UpDownCounter};

fn has_role<R, M: Role<R>>() {}

fn main() {
    has_role::<role::Calls, Histogram>();
    has_role::<role::Errors, Gauge>();
    has_role::<role::Cancelled, UpDownCounter>();
    has_role::<role::Duration, Counter>();
    has_role::<role::InFlight, Gauge>();
    has_role::<role::InFlight, UpDownCounter<ByOutcome>>();
}
