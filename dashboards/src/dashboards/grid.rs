//! Where panels stand.

use spanwright_catalog::PanelKind;

use super::panel::Panel;

/// How many columns Grafana's grid has.
const COLUMNS: u32 = 24;

/// A place in the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) w: u32,
    pub(crate) h: u32,
}

/// Places panels line by line, from `y` down, and says where the next may begin. Panels of the same height share a line and
/// fill it; they keep their order.
pub(crate) fn place(panels: &[Panel], mut y: u32) -> (Vec<Place>, u32) {
    let mut places = Vec::with_capacity(panels.len());
    let mut rest = panels;
    while let Some(first) = rest.first() {
        let (narrowest, h) = size(first.draw);
        let alike = rest.iter().take_while(|panel| size(panel.draw) == (narrowest, h)).count();
        let count = alike.min((COLUMNS / narrowest) as usize);
        let each = COLUMNS / count as u32;
        for index in 0..count as u32 {
            let is_last = index as usize + 1 == count;
            let w = if is_last { COLUMNS - each * index } else { each };
            places.push(Place { x: each * index, y, w, h });
        }
        y += h;
        rest = &rest[count..];
    }
    (places, y)
}

/// How narrow a panel may become, and how high it is.
const fn size(draw: PanelKind) -> (u32, u32) {
    match draw {
        PanelKind::Stat | PanelKind::Gauge => (4, 5),
        PanelKind::Timeseries | PanelKind::Heatmap | PanelKind::Timeline => (8, 8),
        PanelKind::Table => (12, 6),
    }
}

/// Puts the numbers first, then what shows how they came about, and lists last: lines are full that way.
pub(crate) fn arrange(panels: &mut [Panel]) {
    panels.sort_by_key(|panel| match panel.draw {
        PanelKind::Stat | PanelKind::Gauge => 0,
        PanelKind::Timeseries | PanelKind::Heatmap | PanelKind::Timeline => 1,
        PanelKind::Table => 2,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_full_and_nothing_overlaps() {
        use PanelKind::{Heatmap, Stat, Table, Timeseries};

        let kinds = [Stat, Stat, Stat, Stat, Stat, Timeseries, Heatmap, Timeseries, Timeseries, Table, Stat];
        let panels = kinds.map(|draw| Panel::new("", "", vec![]).drawn(draw));
        let (places, end) = place(&panels, 1);
        let of_line = |y| places.iter().filter(|place| place.y == y).map(|place| place.w).collect::<Vec<_>>();
        assert_eq!(of_line(1), [4, 4, 4, 4, 8]);
        assert_eq!(of_line(6), [8, 8, 8]);
        assert_eq!(of_line(14), [24]);
        assert_eq!((of_line(22), of_line(28), end), (vec![24], vec![24], 33));
    }
}
