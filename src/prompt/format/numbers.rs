//! Numbers in the brief's language, by the rules of the Unicode CLDR.
//!
//! Only plain numbers are touched: an optional sign, digits, and a decimal point (`1345678`, `−0.3`).
//! `1,345,678`, `4.2 %` and `$3 billion` are already written the way somebody wants them, and `00017` is a name.

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules};
use serde_json::Value;

use super::reading::{MOST_DIGITS, plain};
use super::values::{locale, text, unchanged};

/// `number value`: digits grouped as the language groups them, `1345678` → `1,345,678`.
///
/// A year is a plain number too, so it is for values that are known to count something.
pub(in crate::prompt) fn number(arguments: &[&Value], brief: &Value) -> Value {
    let formatter = DecimalFormatter::try_new(locale(brief).into(), Default::default());
    match (plain(&text(arguments.first())), formatter) {
        (Some(decimal), Ok(formatter)) => Value::from(formatter.format(&decimal).to_string()),
        _ => unchanged(arguments.first()),
    }
}

/// `round value [digits]`: to so many digits behind the point, 0 by default; a half goes to the even
/// neighbour, and nothing is rounded twice by way of binary fractions.
pub(in crate::prompt) fn round(arguments: &[&Value], _: &Value) -> Value {
    let digits = digits(arguments.get(1));
    match plain(&text(arguments.first())) {
        Some(mut decimal) => {
            decimal.round(-digits);
            Value::from(without_empty_sign(decimal).to_string())
        }
        None => unchanged(arguments.first()),
    }
}

/// `percent share [digits]`: a share of 1 as percent, `0.0421` → `4 %`, with 1 digit `4.2 %`.
pub(in crate::prompt) fn percent(arguments: &[&Value], _: &Value) -> Value {
    let digits = digits(arguments.get(1));
    match plain(&text(arguments.first())) {
        Some(mut decimal) => {
            decimal.multiply_pow10(2);
            decimal.round(-digits);
            decimal.trim_start();
            Value::from(format!("{} %", without_empty_sign(decimal)))
        }
        None => unchanged(arguments.first()),
    }
}

/// `plural n "goal" "goals"`: the word that goes with the number in the brief's language; the second
/// where `n` is no plain number.
pub(in crate::prompt) fn plural(arguments: &[&Value], brief: &Value) -> Value {
    let one = plain(&text(arguments.first())).is_some_and(|decimal| {
        let operands = PluralOperands::from(&decimal);
        PluralRules::try_new(locale(brief).into(), Default::default())
            .is_ok_and(|rules| rules.category_for(operands) == PluralCategory::One)
    });
    unchanged(arguments.get(if one { 1 } else { 2 }))
}

/// Nothing has no sign: -0.3 rounds to 0.
fn without_empty_sign(mut decimal: Decimal) -> Decimal {
    if decimal.absolute.is_zero() {
        decimal.sign = Default::default();
    }
    decimal
}

fn digits(value: Option<&&Value>) -> i16 {
    let digits = value.and_then(|value| value.as_u64()).unwrap_or(0);
    i16::try_from(digits)
        .unwrap_or(i16::MAX)
        .min(MOST_DIGITS as i16)
}
