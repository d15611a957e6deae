//! What is set while a page is drawn (8.4 and 9.3), as far as text depends on it.

use std::rc::Rc;

use super::matrix::Matrix;
use crate::font::Font;

/// The graphics state.
#[derive(Clone)]
pub(super) struct State {
    pub(super) to_page: Matrix,
    pub(super) font: Option<Rc<Font>>,
    pub(super) size: f64,
    pub(super) letter_spacing: f64,
    pub(super) word_spacing: f64,
    /// 1 is as the font has it.
    pub(super) stretch: f64,
    pub(super) leading: f64,
    pub(super) rise: f64,
}

impl State {
    pub(super) fn new(to_page: Matrix) -> State {
        State {
            to_page,
            font: None,
            size: 1.0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

/// Where text goes on (9.4.1).
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    pub(super) here: Matrix,
    pub(super) line: Matrix,
}

impl Cursor {
    pub(super) const START: Cursor = Cursor {
        here: Matrix::IDENTITY,
        line: Matrix::IDENTITY,
    };

    pub(super) fn set(&mut self, matrix: Matrix) {
        (self.here, self.line) = (matrix, matrix);
    }

    /// To the beginning of a line that lies so far from the beginning of this one.
    pub(super) fn next_line(&mut self, x: f64, y: f64) {
        self.set(Matrix::shift(x, y).then(self.line));
    }

    pub(super) fn advance(&mut self, x: f64) {
        self.here = Matrix::shift(x, 0.0).then(self.here);
    }
}
