//! Number formats: what a cell shows, where that is simple. Thousands are not grouped, for a number
//! is looked for and counted with as it is; what is not simple is shown as it is stored.

use super::calendar::{Moment, elapsed};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Format {
    General,
    Date,
    Time,
    DateTime,
    /// Hours beyond a day.
    Elapsed,
    Number(Digits),
}

/// How a number is written: `$0001.50%`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Digits {
    before: String,
    /// Digits before the point, at least.
    whole: usize,
    /// Digits behind the point, at least and at most.
    needed: usize,
    decimals: usize,
    percent: bool,
    after: String,
}

/// The code of a format that every workbook has (ECMA-376 part 1, 18.8.30).
pub(super) fn built_in(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 | 37 | 38 | 41 | 42 => "#,##0",
        4 | 39 | 40 | 43 | 44 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        14..=17 | 27..=31 | 34..=36 | 50..=58 => "yyyy-mm-dd",
        18..=21 | 32 | 33 | 45 | 47 => "hh:mm:ss",
        22 => "yyyy-mm-dd hh:mm",
        46 => "[h]:mm:ss",
        _ => "General",
    }
}

impl Format {
    pub(super) fn of(code: &str) -> Format {
        Scan::of(code).format()
    }

    pub(super) fn shown(&self, value: f64, since_1904: bool) -> String {
        let moment = || Moment::of(value, since_1904);
        let shown = match self {
            Format::General => None,
            Format::Date => moment().map(|moment| moment.date),
            Format::Time => moment().map(|moment| moment.time),
            Format::DateTime => moment().map(|moment| match moment.midnight {
                true => moment.date,
                false => format!("{} {}", moment.date, moment.time),
            }),
            Format::Elapsed => elapsed(value),
            Format::Number(digits) => digits.shown(value),
        };
        shown.unwrap_or_else(|| general(value))
    }
}

/// The number as it is stored, without the noise of binary fractions.
pub(super) fn general(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-9..1e21).contains(&size) {
        return format!("{value:e}");
    }
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    rounded.to_string()
}

impl Digits {
    fn shown(&self, value: f64) -> Option<String> {
        if value.is_nan() || value.abs() >= 1e15 {
            return None;
        }
        let value = if self.percent { value * 100.0 } else { value };
        // 1.005 is stored as a little less and shown as 1.01: the fifteenth digit is no digit.
        let nudged = value.abs() * (1.0 + 1e-15);
        let digits = format!("{nudged:.*}", self.decimals);
        let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
        let needed = decimals.get(..self.needed).unwrap_or(decimals);
        let more = decimals
            .get(needed.len()..)
            .unwrap_or_default()
            .trim_end_matches('0');
        let point = if needed.is_empty() && more.is_empty() {
            ""
        } else {
            "."
        };
        let nothing = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let sign = if value < 0.0 && !nothing { "-" } else { "" };
        let percent = if self.percent { "%" } else { "" };
        let Digits {
            before,
            after,
            whole: width,
            ..
        } = self;
        Some(format!(
            "{sign}{before}{whole:0>width$}{point}{needed}{more}{percent}{after}"
        ))
    }
}

/// What the first part of a format's code is made of: the one for numbers above zero.
#[derive(Default)]
struct Scan {
    date: bool,
    month: bool,
    time: bool,
    elapsed: bool,
    digits: usize,
    point: bool,
    /// What is shown as another number than it is.
    odd: bool,
    written: Digits,
}

impl Scan {
    fn of(code: &str) -> Scan {
        let mut scan = Scan::default();
        if code.len() > 255 || code.to_lowercase().contains("general") {
            scan.odd = true;
            return scan;
        }
        let mut chars = code.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                ';' => break,
                '"' => {
                    let quoted: String = chars.by_ref().take_while(|c| *c != '"').collect();
                    scan.literal(&quoted);
                }
                '\\' => scan.literal(&chars.next().map(String::from).unwrap_or_default()),
                '_' | '*' => drop(chars.next()),
                '[' => {
                    let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    scan.bracket(&inner);
                }
                ',' => {
                    let more = matches!(chars.peek(), Some('0' | '#' | '?'));
                    scan.odd |= scan.digits > 0 && !more && !scan.date && !scan.time;
                }
                _ => scan.sign(c),
            }
        }
        scan
    }

    fn sign(&mut self, c: char) {
        match c {
            'y' | 'Y' | 'd' | 'D' => self.date = true,
            'm' | 'M' => self.month = true,
            'h' | 'H' | 's' | 'S' => self.time = true,
            '0' | '#' | '?' => {
                self.digits += 1;
                let places = match (self.point, c) {
                    (true, _) => &mut self.written.decimals,
                    (false, '0') => &mut self.written.whole,
                    (false, _) => return,
                };
                *places += 1;
                if self.point && c == '0' {
                    self.written.needed = self.written.decimals;
                }
            }
            '.' => self.point = true,
            '%' => self.written.percent = true,
            'E' | 'e' | '/' | '@' => self.odd = true,
            '-' | '+' | '(' | ')' | ' ' | ':' => {}
            'a' | 'A' | 'p' | 'P' => {}
            _ => self.literal(&c.to_string()),
        }
    }

    /// `[$€-407]` is a currency, `[h]` a duration, and the rest are colours and conditions.
    fn bracket(&mut self, inner: &str) {
        let lower = inner.to_lowercase();
        if let Some(money) = inner.strip_prefix('$') {
            let sign = money.split('-').next().unwrap_or_default();
            self.literal(sign);
        } else if !lower.is_empty() && lower.chars().all(|c| matches!(c, 'h' | 'm' | 's')) {
            self.elapsed = true;
        }
    }

    fn literal(&mut self, text: &str) {
        let side = if self.digits == 0 {
            &mut self.written.before
        } else {
            &mut self.written.after
        };
        *side += text;
    }

    fn format(self) -> Format {
        let date = self.date || (self.month && !self.time && !self.elapsed);
        match (date, self.time) {
            _ if self.elapsed => Format::Elapsed,
            (true, true) => Format::DateTime,
            (true, false) => Format::Date,
            (false, true) => Format::Time,
            _ if self.odd || self.digits == 0 => Format::General,
            _ => Format::Number(Digits {
                before: self.written.before.trim_start().to_owned(),
                after: self.written.after.trim_end().to_owned(),
                decimals: self.written.decimals.min(9),
                ..self.written
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_the_sheet_does_where_that_is_simple() {
        for (value, code, want) in [
            (1234.5, "General", "1234.5"),
            (0.1 + 0.2, "General", "0.3"),
            (1e300, "General", "1e300"),
            (-0.0, "General", "0"),
            (1234.5, "#,##0.00", "1234.50"),
            (1.005, "0.00", "1.01"),
            (-0.001, "0.00", "0.00"),
            (0.256, "0%", "26%"),
            (0.256, "0.0%", "25.6%"),
            (12.0, "\"$\"#,##0", "$12"),
            (42.0, "00000", "00042"),
            (-1.5, "000.0#", "-001.5"),
            (1.5, "0.##", "1.5"),
            (2.0, "#.##", "2"),
            (-12.5, "[$€-407] #,##0.00;[Red]-0", "-€12.50"),
            (3.0, "0\" kg\"", "3 kg"),
            (1_500_000.0, "0.0,,\"M\"", "1500000"),
            (1500.0, "0.00E+00", "1500"),
            (0.5, "# ?/?", "0.5"),
            (45_351.0, "dd/mm/yyyy", "2024-02-29"),
            (45_351.0, "d\\.\\ mmmm", "2024-02-29"),
            (45_351.25, "m/d/yy h:mm AM/PM", "2024-02-29 06:00"),
            (45_351.0, "yyyy-mm-dd hh:mm", "2024-02-29"),
            (0.25, "h:mm", "06:00"),
            (1.25, "[h]:mm", "30:00:00"),
            (7.0, "\"day \"0", "day 7"),
            (-5.0, "yyyy", "-5"),
        ] {
            assert_eq!(
                Format::of(code).shown(value, false),
                want,
                "{value} as {code}"
            );
        }
    }
}
