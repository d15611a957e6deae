//! Days of a spreadsheet as dates.

const DAY_SECONDS: f64 = 86_400.0;

/// The day after 9999-12-31.
const END: f64 = 2_958_466.0;

/// A day count with its fraction, as date and time. `None` if no calendar has it.
pub(super) struct Moment {
    pub(super) date: String,
    pub(super) time: String,
    pub(super) midnight: bool,
}

impl Moment {
    pub(super) fn of(days: f64, since_1904: bool) -> Option<Moment> {
        let days = if since_1904 { days + 1_462.0 } else { days };
        if !(0.0..END).contains(&days) {
            return None;
        }
        let mut whole = days.floor() as i64;
        let mut seconds = ((days - days.floor()) * DAY_SECONDS).round() as i64;
        if seconds >= 86_400 {
            whole += 1;
            seconds = 0;
        }
        let (year, month, day) = date(whole);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let time = match second {
            0 => format!("{hour:02}:{minute:02}"),
            _ => format!("{hour:02}:{minute:02}:{second:02}"),
        };
        Some(Moment {
            date: format!("{year:04}-{month:02}-{day:02}"),
            time,
            midnight: seconds == 0,
        })
    }
}

/// Hours may go beyond a day.
pub(super) fn elapsed(days: f64) -> Option<String> {
    if !(0.0..END).contains(&days) {
        return None;
    }
    let seconds = (days * DAY_SECONDS).round() as i64;
    Some(format!(
        "{}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    ))
}

/// Day 60 is 1900-02-29, which never was; the count before it is one off.
fn date(day: i64) -> (i64, i64, i64) {
    if day == 60 {
        return (1900, 2, 29);
    }
    // 25 569 days lie between 1899-12-30 and 1970-01-01.
    let unix = if day < 60 { day + 1 } else { day } - 25_569;
    civil(unix)
}

/// Days since 1970-01-01 as year, month and day (Howard Hinnant, "chrono-compatible low-level
/// date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, since_1904, want) in [
            (1.0, false, "1900-01-01 00:00"),
            (59.0, false, "1900-02-28 00:00"),
            (61.0, false, "1900-03-01 00:00"),
            (45_351.0, false, "2024-02-29 00:00"),
            (43_889.0, true, "2024-02-29 00:00"),
            (45_351.75, false, "2024-02-29 18:00"),
            (45_351.999_999_9, false, "2024-03-01 00:00"),
            (2_958_465.0, false, "9999-12-31 00:00"),
        ] {
            let moment = Moment::of(days, since_1904).unwrap();
            assert_eq!(format!("{} {}", moment.date, moment.time), want);
        }
        assert!(Moment::of(f64::NAN, false).is_none() && Moment::of(-1.0, false).is_none());
        assert!(Moment::of(3e6, false).is_none());
        assert_eq!(elapsed(1.5).as_deref(), Some("36:00:00"));
    }
}
