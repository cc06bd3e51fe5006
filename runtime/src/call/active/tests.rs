use spanwright_core::callsite::DIRECT;
use spanwright_core::context::Context;
use spanwright_core::ids::{SpanId, TraceId};

use super::super::switched::EXTRAS;
use super::{Active, Position};
use crate::call::site::Site;
use crate::call::site::tests::spec;

#[test]
fn a_child_of_a_trace_that_is_dropped_has_nothing_of_its_own_whatever_it_would_record() {
    let site = Site::unseen(spec("active_tests", ""));
    let here = Context { trace_id: TraceId::random(), span_id: SpanId::random(), ..Context::NONE };
    let opened = |bits, here| {
        let mut place = None;
        let position = Position { here, around: here, stated: None };
        Active::open_at(&mut place, site, bits, position, &mut || 0, &mut |_| {}, true);
        place.is_some()
    };
    assert!(!opened(DIRECT, here));
    assert!(!opened(DIRECT | EXTRAS, here), "with `follows_from`, say");
}
