//! Sizes and numbers as a person writes them, and which end is the worse.

use crate::cli::exit::Exit;

/// The worse of two ends: a file that cannot be read, then invalid, then unknown, then valid.
pub fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Done => 0,
        Exit::Unknown => 1,
        Exit::No => 2,
        _ => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// A size in bytes: `2GiB`, `512MiB`, `1000`.
pub fn size(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is no size; give one such as 512MiB or 2GiB");
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: usize = number.parse().map_err(|_| wrong())?;
    let shift = match unit {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// A number with its thousands apart: `1,000,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_numbers() {
        assert_eq!((size("2GiB"), size("1000"), size("3KiB")), (Ok(2 << 30), Ok(1000), Ok(3072)));
        for wrong in ["", "GiB", "2GB", "-1", "99999999999999999999", "99999999999TiB"] {
            assert!(size(wrong).is_err_and(|error| error.contains("512MiB")), "{wrong}");
        }
        assert_eq!([grouped(0), grouped(999), grouped(1_000_000)], ["0", "999", "1,000,000"]);
    }

    #[test]
    fn what_cannot_be_read_is_worst_then_invalid() {
        assert_eq!(worse(Exit::Unknown, Exit::No), Exit::No);
        assert_eq!(worse(Exit::No, Exit::Unknown), Exit::No);
        assert_eq!(worse(Exit::Usage, Exit::No), Exit::Usage);
    }
}
