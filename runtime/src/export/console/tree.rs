//! Puts spans of a trace in order, under their parents.

use std::collections::HashMap;

use crate::span::{SpanData, SpanId};

/// From this depth on, spans are no longer indented further.
const MAX_DEPTH: usize = 40;

/// A span's place in the tree.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) span: &'a SpanData,
    /// What stands before its line.
    pub(super) before: String,
    /// What stands before the lines beneath that are its own.
    pub(super) beneath: String,
}

/// The spans, each once: parents before their children, siblings by the time of their start. Whose parent is not there
/// is a root, and so is one of those that are each other's parents. A parent in another process that is there after all,
/// as where a service calls itself, is a parent like any other.
pub(super) fn places(spans: &[SpanData]) -> Vec<Place<'_>> {
    let mut tree = Tree::new(spans);
    let mut places = Vec::with_capacity(spans.len());
    for root in std::mem::take(&mut tree.roots) {
        tree.walk(root, &mut places);
    }
    // What is left hangs in a circle.
    let mut rest: Vec<_> = (0..spans.len()).filter(|at| !tree.seen[*at]).collect();
    tree.sort(&mut rest);
    for at in rest {
        tree.walk(at, &mut places);
    }
    places
}

/// A span that is to be visited; `indent` is what stands before its children's branches.
struct Step {
    at: usize,
    depth: usize,
    before: String,
    indent: String,
}

struct Tree<'a> {
    spans: &'a [SpanData],
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
    seen: Vec<bool>,
}

impl<'a> Tree<'a> {
    fn new(spans: &'a [SpanData]) -> Self {
        let by_id: HashMap<SpanId, usize> =
            spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
        let mut tree = Self {
            spans,
            roots: Vec::new(),
            children: vec![Vec::new(); spans.len()],
            seen: vec![false; spans.len()],
        };
        for (at, span) in spans.iter().enumerate() {
            let parent = by_id.get(&span.parent).filter(|_| span.parent.is_some());
            match parent {
                Some(parent) => tree.children[*parent].push(at),
                None => tree.roots.push(at),
            }
        }
        let mut roots = std::mem::take(&mut tree.roots);
        tree.sort(&mut roots);
        tree.roots = roots;
        tree
    }

    fn sort(&self, spans: &mut [usize]) {
        spans.sort_by_key(|at| self.spans[*at].start_unix_nanos);
    }

    /// Visits a span and all below it. It does not call itself: a chain of spans can be of any length.
    fn walk(&mut self, root: usize, places: &mut Vec<Place<'a>>) {
        let mut steps = vec![Step { at: root, depth: 0, before: String::new(), indent: String::new() }];
        while let Some(Step { at, depth, before, indent }) = steps.pop() {
            if std::mem::replace(&mut self.seen[at], true) {
                continue;
            }
            let mut children = std::mem::take(&mut self.children[at]);
            children.retain(|child| !self.seen[*child]);
            self.sort(&mut children);
            let line = if children.is_empty() { "   " } else { "│  " };
            places.push(Place { span: &self.spans[at], before, beneath: format!("{indent}{line}") });
            let last = children.last().copied();
            for child in children.into_iter().rev() {
                let (branch, line) =
                    if Some(child) == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                let line = if depth < MAX_DEPTH { line } else { "" };
                steps.push(Step {
                    at: child,
                    depth: depth + 1,
                    before: format!("{indent}{branch}"),
                    indent: format!("{indent}{line}"),
                });
            }
        }
    }
}
