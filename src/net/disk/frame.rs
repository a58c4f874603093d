//! Records in a file: each behind its length and its checksum.
//!
//! A write that a crash cut short leaves a bad record at the end: nobody was told of it, so it is cut off. A bad record with a
//! good one behind it was not cut short: something has changed the file, and nobody may guess what it said.

/// Length and checksum, four bytes each, the lowest first.
const HEADER: usize = 8;
/// No record is longer: a message of the longest, every character escaped, fits.
const LONGEST: usize = 16 << 20;

/// Adds a record to `out`.
pub(super) fn put(record: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    out.extend(length.to_le_bytes());
    out.extend(checksum(record).to_le_bytes());
    out.extend(record);
}

/// Records as they stand in a file.
#[cfg(test)]
pub(in crate::net) fn batch<R: serde::Serialize>(records: &[R]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        put(&serde_json::to_vec(record).expect("a record has a form in JSON"), &mut bytes);
    }
    bytes
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// These records, and nothing of use behind that many bytes.
    Good(Vec<&'a [u8]>, usize),
    /// The record at this place is bad, and there are good ones behind it.
    Bad(usize),
}

/// The records in `bytes`.
pub(super) fn read(bytes: &[u8]) -> Found<'_> {
    let (mut records, mut at) = (Vec::new(), 0);
    while let Some(record) = record_at(bytes, at) {
        at += HEADER + record.len();
        records.push(record);
    }
    let later = (at + 1..bytes.len()).any(|place| record_at(bytes, place).is_some());
    if later { Found::Bad(at) } else { Found::Good(records, at) }
}

/// Whether there is a record in `bytes`, whole or damaged, and not only what a torn write has left.
pub(super) fn holds_any(bytes: &[u8]) -> bool {
    record_at(bytes, 0).is_some() || !matches!(read(bytes), Found::Good(_, 0))
}

/// The good record that begins at this place. An empty one is none: what was never written reads as zeros.
fn record_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let header = bytes.get(at..at.checked_add(HEADER)?)?;
    let (length, sum) = header.split_at(HEADER / 2);
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    if length == 0 || length > LONGEST {
        return None;
    }
    let record = bytes.get(at + HEADER..(at + HEADER).checked_add(length)?)?;
    (checksum(record).to_le_bytes() == sum).then_some(record)
}

/// The cyclic redundancy check of IEEE 802.3.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| (sum >> 8) ^ TABLE[((sum ^ u32::from(*byte)) & 0xFF) as usize];
    !bytes.iter().fold(!0, step)
}

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        let (mut sum, mut bit) = (index as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(records: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        records.iter().for_each(|record| put(record, &mut bytes));
        bytes
    }

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_file_that_ends_in_the_middle_of_a_record_is_good_up_to_it() {
        let records: [&[u8]; 3] = [b"first", b"second", b"third"];
        let whole = file(&records);
        let ends = [0, 13, 27, 40];
        for length in 0..=whole.len() {
            let good = ends.iter().filter(|end| **end <= length).count() - 1;
            let expected = Found::Good(records[..good].to_vec(), ends[good]);
            assert_eq!(read(&whole[..length]), expected, "cut at {length}");
        }
    }

    #[test]
    fn what_a_torn_write_leaves_is_no_record_and_a_damaged_one_is() {
        let mut whole = file(&[b"first", b"second"]);
        assert!(holds_any(&whole) && holds_any(&whole[..13]));
        assert!(!holds_any(&whole[..12]) && !holds_any(&[0; 100]) && !holds_any(b""));
        whole[10] ^= 1;
        assert!(holds_any(&whole), "the second is good");
    }

    #[test]
    fn zeros_behind_the_last_record_are_no_records() {
        let mut bytes = file(&[b"first"]);
        bytes.extend([0; 100]);
        assert_eq!(read(&bytes), Found::Good(vec![b"first"], 13));
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_found(place in 0usize..40, change in 1u8..) {
            let records: [&[u8]; 3] = [b"first", b"second", b"third"];
            let mut bytes = file(&records);
            bytes[place] ^= change;
            let expected = match place {
                0..13 => Found::Bad(0),
                13..27 => Found::Bad(13),
                _ => Found::Good(records[..2].to_vec(), 27), // the last: as if its write was torn
            };
            prop_assert_eq!(read(&bytes), expected);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
