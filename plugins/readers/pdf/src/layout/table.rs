//! Tables: lines with cells that stand below each other.

use super::line::Line;

/// Lines that a table has at least.
const LINES: usize = 2;
/// Columns that a table has at most.
const COLUMNS: usize = 40;

/// What the first lines are, if their cells stand below each other.
pub(super) enum Found {
    /// So many lines with these columns, as left and right edges.
    Table(usize, Vec<(f32, f32)>),
    /// So many lines of a list: its numbers only look like a column.
    List(usize),
}

pub(super) fn at_start(lines: &[Line]) -> Option<Found> {
    let mut best: Option<(usize, Vec<(f32, f32)>)> = None;
    let mut edges: Vec<(f32, f32)> = Vec::new();
    let mut rows = 0;
    for (at, line) in lines.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| lines.get(at));
        let apart = before.map_or(0.0, |before| before.baseline - line.baseline);
        if line.cells.len() < 2 && at > 0 && is_between(lines, at) {
            continue;
        }
        if line.cells.len() < 2 || apart > 4.0 * line.size {
            break;
        }
        let Some(wider) = with(&edges, line) else {
            break;
        };
        edges = wider;
        rows += 1;
        if rows >= LINES && edges.len() >= 2 {
            best = Some((at + 1, edges.clone()));
        }
    }
    let (count, columns) = best?;
    let list = is_list(lines.get(..count).unwrap_or_default(), columns.len());
    Some(if list {
        Found::List(count)
    } else {
        Found::Table(count, columns)
    })
}

/// The columns with the cells of one more line; `None` if they reach over the gaps of those above.
fn with(edges: &[(f32, f32)], line: &Line) -> Option<Vec<(f32, f32)>> {
    if line.cells.len() > COLUMNS {
        return None;
    }
    let mut wider = edges.to_vec();
    for cell in &line.cells {
        add(&mut wider, (cell.left, cell.right));
    }
    let fits = wider.len() >= edges.len().max(line.cells.len());
    (fits && wider.len() <= COLUMNS).then_some(wider)
}

/// A line of one cell close between two rows: it goes on with one of their cells.
fn is_between(lines: &[Line], at: usize) -> bool {
    let (before, line, after) = (lines.get(at - 1), lines.get(at), lines.get(at + 1));
    let (Some(before), Some(line), Some(after)) = (before, line, after) else {
        return false;
    };
    let close = |above: &Line, below: &Line| above.baseline - below.baseline < 2.6 * line.size;
    before.cells.len() > 1 && after.cells.len() > 1 && close(before, line) && close(line, after)
}

/// Numbers or bullets with running text beside them.
fn is_list(lines: &[Line], columns: usize) -> bool {
    let long = |line: &&Line| {
        line.cells
            .last()
            .is_some_and(|cell| cell.text.chars().count() > 55)
    };
    let marked = |line: &&Line| {
        line.cells
            .first()
            .is_some_and(|cell| cell.text.chars().count() <= 5)
    };
    columns <= 3
        && lines.iter().any(|line| long(&line))
        && lines.iter().filter(marked).count() * 3 > lines.len()
}

/// Adds an interval to those that are apart, joining what it touches.
fn add(edges: &mut Vec<(f32, f32)>, mut new: (f32, f32)) {
    edges.retain(|edge| {
        let touches = edge.0 <= new.1 && new.0 <= edge.1;
        if touches {
            new = (new.0.min(edge.0), new.1.max(edge.1));
        }
        !touches
    });
    let at = edges.partition_point(|edge| edge.0 < new.0);
    edges.insert(at, new);
}

/// Rows with all cells, also those that are empty.
pub(super) fn rows(lines: &[Line], columns: &[(f32, f32)]) -> Vec<Vec<String>> {
    lines
        .iter()
        .map(|line| {
            let mut row = vec![String::new(); columns.len()];
            for cell in &line.cells {
                let fits = |edge: &(f32, f32)| edge.0 <= cell.right && cell.left <= edge.1;
                let at = columns.iter().position(fits).unwrap_or(0);
                if let Some(text) = row.get_mut(at) {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    text.push_str(&cell.text);
                }
            }
            row
        })
        .collect()
}
