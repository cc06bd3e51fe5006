//! Tasks, spans and traces.

use super::numbers::{unzigzag, zigzag};
use super::state::RECENT;
use super::{FieldType, In, Malformed, Out, Wire};
use crate::event::{SpanId, TaskId, TraceId, Value};

/// A task that will be polled soon, since it was woken or is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Woken(pub(crate) TaskId);

/// How far two tasks are apart; less than 2⁶³, since ids are less than 2⁶².
fn distance(task: u64, from: u64) -> u64 {
    zigzag(task as i64 - from as i64)
}

fn at_distance(from: u64, distance: u64) -> TaskId {
    TaskId::new(from.wrapping_add_signed(unzigzag(distance)))
}

impl Wire for TaskId {
    const TYPE: FieldType = FieldType::Task;

    #[inline]
    fn put(&self, out: &mut Out<'_>) {
        let (task, tasks) = (self.get(), &mut out.state.tasks);
        let number = if task == tasks.last {
            0
        } else if let Some(age) = tasks.age(task) {
            1 + age as u64
        } else {
            1 + RECENT as u64 + distance(task, tasks.last)
        };
        tasks.last = task;
        out.number(number);
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        let number = input.number()?;
        let tasks = &mut input.known.tasks;
        let task = match number {
            0 => Self::new(tasks.last),
            age if age <= RECENT as u64 => Self::new(tasks.aged(age as usize - 1)),
            far => at_distance(tasks.last, far - 1 - RECENT as u64),
        };
        tasks.last = task.get();
        Ok(task)
    }

    fn value(&self) -> Value<'_> {
        Value::Uint(TaskId::get(*self))
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        Self::new(if draw() % 4 == 0 { draw() } else { draw() % 40 })
    }
}

impl Wire for Option<TaskId> {
    const TYPE: FieldType = FieldType::OptionalTask;

    #[inline]
    fn put(&self, out: &mut Out<'_>) {
        let tasks = &mut out.state.tasks;
        let number = match self {
            None => 0,
            Some(task) => {
                let far = distance(task.get(), tasks.last);
                tasks.last = task.get();
                1 + far
            }
        };
        out.number(number);
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        let Some(far) = input.number()?.checked_sub(1) else { return Ok(None) };
        let tasks = &mut input.known.tasks;
        let task = at_distance(tasks.last, far);
        tasks.last = task.get();
        Ok(Some(task))
    }

    fn value(&self) -> Value<'_> {
        self.map(TaskId::get).into()
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        (draw() % 3 != 0).then(|| TaskId::some(draw))
    }
}

impl Wire for Woken {
    const TYPE: FieldType = FieldType::Woken;

    #[inline]
    fn put(&self, out: &mut Out<'_>) {
        let (task, tasks) = (self.0.get(), &mut out.state.tasks);
        let far = distance(task, tasks.woken);
        tasks.wake(task);
        out.number(far);
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        let far = input.number()?;
        let tasks = &mut input.known.tasks;
        let task = at_distance(tasks.woken, far);
        tasks.wake(task.get());
        Ok(Self(task))
    }

    fn value(&self) -> Value<'_> {
        Value::Uint(self.0.get())
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        Self(TaskId::some(draw))
    }
}

macro_rules! id {
    ($of:ident, $table:ident, $type:ident, $optional:ident) => {
        impl Wire for $of {
            const TYPE: FieldType = FieldType::$type;

            fn put(&self, out: &mut Out<'_>) {
                let step = out.state.$table.step(self.0);
                out.number(zigzag(step));
            }

            fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
                let step = unzigzag(input.number()?);
                input.known.$table.after(step).map(Self)
            }

            fn value(&self) -> Value<'_> {
                (*self).into()
            }

            #[cfg(test)]
            fn some(draw: &mut dyn FnMut() -> u64) -> Self {
                let mut id = Self::default();
                id.0[..8].copy_from_slice(&(draw() % 5).to_be_bytes());
                id
            }
        }

        impl Wire for Option<$of> {
            const TYPE: FieldType = FieldType::$optional;

            fn put(&self, out: &mut Out<'_>) {
                // Steps are of 32 bits, so that one more is a number still.
                let number = self.map_or(0, |id| 1 + zigzag(out.state.$table.step(id.0)));
                out.number(number);
            }

            fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
                let Some(step) = input.number()?.checked_sub(1) else { return Ok(None) };
                input.known.$table.after(unzigzag(step)).map(|id| Some($of(id)))
            }

            fn value(&self) -> Value<'_> {
                (*self).into()
            }

            #[cfg(test)]
            fn some(draw: &mut dyn FnMut() -> u64) -> Self {
                (draw() % 3 != 0).then(|| $of::some(draw))
            }
        }
    };
}

id!(SpanId, spans, Span, OptionalSpan);
id!(TraceId, traces, Trace, OptionalTrace);
