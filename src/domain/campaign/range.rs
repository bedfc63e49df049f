//! Limits of a campaign's numbers, told with the value that was given.

/// Refuses a value outside `least..=most`, both of which are allowed.
pub(super) fn in_range<T: PartialOrd + std::fmt::Display + Copy>(
    key: &'static str,
    given: T,
    least: T,
    most: T,
) -> Result<(), (&'static str, String)> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err((
        key,
        format!("must be from {least} to {most}, given {given}"),
    ))
}
