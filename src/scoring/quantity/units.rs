//! The unit table: what can stand beside a number, and how units of one class convert.
//!
//! A unit that is not here is left out of the comparison ("18 departments" is the number 18), so
//! the table only needs units whose exchange would change the meaning.

/// What is measured; values are compared only within one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// No unit, or one that the table does not know.
    Plain,
    /// Per cent.
    Percent,
    /// Percentage points, the difference of two per cents.
    Points,
    /// Money, by ISO 4217 code; `$` alone is any dollar.
    Money(&'static str),
    /// Metres.
    Length,
    /// Square metres.
    Area,
    /// Cubic metres.
    Volume,
    /// Kilograms.
    Mass,
    /// Years.
    Time,
    /// Degrees Celsius.
    Temperature,
    /// Metres per second.
    Speed,
    /// Watts.
    Power,
    /// Watt hours.
    Energy,
    /// Bytes.
    Data,
}

/// A unit: its class, and `base = value * factor + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    /// What it measures.
    pub(crate) class: Class,
    /// Size in the class's base unit.
    pub(crate) factor: f64,
    /// Added after the factor; only temperature needs it.
    pub(crate) offset: f64,
}

impl Unit {
    /// No unit.
    pub(crate) const PLAIN: Self = Self {
        class: Class::Plain,
        factor: 1.0,
        offset: 0.0,
    };

    /// A unit of a class that knows only one size.
    pub(crate) const fn of(class: Class) -> Self {
        Self {
            class,
            factor: 1.0,
            offset: 0.0,
        }
    }
}

/// Units in folded spelling; the longest spelling that fits is taken.
type Row = (Class, f64, &'static [&'static str]);

const YEAR_DAYS: f64 = 365.25;

#[rustfmt::skip] // a table reads best with a row a line
const UNITS: [Row; 58] = [
    (Class::Percent, 1.0, &["%", "percent", "per cent", "pct", "prozent", "pour cent", "por ciento", "per cento"]),
    (Class::Points, 1.0, &["percentage points", "percentage point", "percentage-points", "percentage-point", "pp", "个百分点"]),
    (Class::Money("USD"), 1.0, &["usd", "us dollars", "us dollar", "u.s. dollars", "美元"]),
    (Class::Money("$"), 1.0, &["dollars", "dollar"]),
    (Class::Money("EUR"), 1.0, &["eur", "euros", "euro", "€", "欧元"]),
    (Class::Money("GBP"), 1.0, &["gbp", "pounds sterling", "£", "英镑"]),
    (Class::Money("JPY"), 1.0, &["jpy", "yen", "日元", "円"]),
    (Class::Money("CNY"), 1.0, &["cny", "rmb", "yuan", "renminbi", "元", "人民币"]),
    (Class::Money("INR"), 1.0, &["inr", "rupees", "rupee"]),
    (Class::Money("CHF"), 1.0, &["chf", "swiss francs", "francs"]),
    (Class::Length, 1000.0, &["kilometres", "kilometers", "kilometre", "kilometer", "km", "公里", "千米"]),
    (Class::Length, 1.0, &["metres", "meters", "metre", "meter", "m", "米"]),
    (Class::Length, 0.01, &["centimetres", "centimeters", "centimetre", "centimeter", "cm", "厘米"]),
    (Class::Length, 0.001, &["millimetres", "millimeters", "millimetre", "millimeter", "mm", "毫米"]),
    (Class::Length, 1609.344, &["miles", "mile", "mi"]),
    (Class::Length, 1852.0, &["nautical miles", "nautical mile", "nm", "nmi"]),
    (Class::Length, 0.3048, &["feet", "foot", "ft"]),
    (Class::Length, 0.0254, &["inches", "inch"]),
    (Class::Length, 0.9144, &["yards", "yard"]),
    (Class::Area, 1e6, &["square kilometres", "square kilometers", "square kilometre", "square kilometer", "sq km", "sq. km", "sqkm", "km2", "km²", "平方公里", "平方千米"]),
    (Class::Area, 1.0, &["square metres", "square meters", "square metre", "square meter", "sq m", "sq. m", "m2", "m²", "平方米"]),
    (Class::Area, 2_589_988.110_336, &["square miles", "square mile", "sq mi", "sq. mi", "sq miles", "mi²"]),
    (Class::Area, 0.092_903_04, &["square feet", "square foot", "sq ft", "sq. ft"]),
    (Class::Area, 1e4, &["hectares", "hectare", "ha", "公顷"]),
    (Class::Area, 4_046.856_422_4, &["acres", "acre"]),
    (Class::Volume, 1.0, &["cubic metres", "cubic meters", "cubic metre", "cubic meter", "cu m", "cu. m", "m3", "m³", "立方米"]),
    (Class::Volume, 1e9, &["cubic kilometres", "cubic kilometers", "cubic km", "cu km", "km3", "km³"]),
    (Class::Volume, 0.001, &["litres", "liters", "litre", "liter", "升"]),
    (Class::Volume, 0.000_001, &["millilitres", "milliliters", "ml", "毫升"]),
    (Class::Volume, 0.158_987_294_928, &["barrels", "barrel", "bbl"]),
    (Class::Mass, 1e9, &["megatonnes", "megatons", "mt"]),
    (Class::Mass, 1e6, &["kilotonnes", "kilotons", "kt"]),
    (Class::Mass, 1000.0, &["metric tonnes", "metric tons", "metric tonne", "metric ton", "tonnes", "tonne", "tons", "ton", "t", "吨"]),
    (Class::Mass, 1.0, &["kilograms", "kilogram", "kilos", "kilo", "kg", "公斤", "千克"]),
    (Class::Mass, 0.001, &["grams", "gram", "g", "克"]),
    (Class::Mass, 1e-6, &["milligrams", "milligram", "mg", "毫克"]),
    (Class::Mass, 1e-9, &["micrograms", "microgram", "µg", "μg"]),
    (Class::Mass, 0.453_592_37, &["pounds", "pound", "lb", "lbs"]),
    (Class::Mass, 0.028_349_523_125, &["ounces", "ounce", "oz"]),
    (Class::Time, 1.0, &["years", "year", "yrs", "yr", "岁"]),
    (Class::Time, 1.0 / 12.0, &["months", "month", "个月"]),
    (Class::Time, 7.0 / YEAR_DAYS, &["weeks", "week", "周"]),
    (Class::Time, 1.0 / YEAR_DAYS, &["days", "day", "天"]),
    (Class::Time, 1.0 / (24.0 * YEAR_DAYS), &["hours", "hour", "hrs", "小时"]),
    (Class::Time, 1.0 / (1440.0 * YEAR_DAYS), &["minutes", "minute", "mins", "min", "分钟"]),
    (Class::Time, 1.0 / (86400.0 * YEAR_DAYS), &["seconds", "second", "secs", "秒"]),
    (Class::Temperature, 1.0, &["°c", "° c", "degrees celsius", "degrees centigrade", "摄氏度", "℃"]),
    (Class::Temperature, 5.0 / 9.0, &["°f", "° f", "degrees fahrenheit", "℉"]),
    (Class::Speed, 1.0 / 3.6, &["km/h", "kph", "kmh", "kilometres per hour", "kilometers per hour", "kilometres an hour", "kilometers an hour"]),
    (Class::Speed, 0.447_04, &["mph", "miles per hour", "miles an hour"]),
    (Class::Speed, 1.0, &["m/s", "metres per second", "meters per second"]),
    (Class::Power, 1.0, &["watts", "watt", "w"]),
    (Class::Power, 1e3, &["kilowatts", "kilowatt", "kw"]),
    (Class::Power, 1e6, &["megawatts", "megawatt", "mw"]),
    (Class::Power, 1e9, &["gigawatts", "gigawatt", "gw"]),
    (Class::Energy, 1e3, &["kwh", "kilowatt hours", "kilowatt-hours", "kilowatt hour"]),
    (Class::Energy, 1e6, &["mwh", "megawatt hours", "megawatt-hours"]),
    (Class::Energy, 1e9, &["gwh", "gigawatt hours", "gigawatt-hours"]),
];

#[rustfmt::skip] // a table reads best with a row a line
const DATA: [(f64, &[&str]); 4] = [
    (1e3, &["kb", "kilobytes"]),
    (1e6, &["mb", "megabytes", "megabyte"]),
    (1e9, &["gb", "gigabytes", "gigabyte"]),
    (1e12, &["tb", "terabytes", "terabyte"]),
];

/// Reads the unit at the start of `rest`: the unit and the bytes it takes.
pub(crate) fn unit_at(rest: &str) -> Option<(Unit, usize)> {
    let mut best: Option<(Unit, usize)> = None;
    let mut consider = |class: Class, factor: f64, forms: &[&str]| {
        for form in forms {
            if let Some(len) = prefix(rest, form)
                && best.is_none_or(|(_, longest)| len > longest)
            {
                let offset = if class == Class::Temperature && factor < 1.0 {
                    -32.0 * factor
                } else {
                    0.0
                };
                best = Some((
                    Unit {
                        class,
                        factor,
                        offset,
                    },
                    len,
                ));
            }
        }
    };
    for (class, factor, forms) in UNITS {
        consider(class, factor, forms);
    }
    for (factor, forms) in DATA {
        consider(Class::Data, factor, forms);
    }
    best
}

/// Currency signs and codes that stand before a number, longest first.
#[rustfmt::skip] // a table reads best with a row a line
const CURRENCY: [(&str, &str); 18] = [
    ("US$", "USD"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("S$", "SGD"),
    ("R$", "BRL"),
    ("USD", "USD"),
    ("EUR", "EUR"),
    ("GBP", "GBP"),
    ("JPY", "JPY"),
    ("CNY", "CNY"),
    ("CHF", "CHF"),
    ("$", "$"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₹", "INR"),
];

/// Reads a currency at the end of `before`: its class and the bytes it takes with the space after.
pub(crate) fn currency_before(before: &str) -> Option<(Unit, usize)> {
    let trimmed = before
        .strip_suffix([' ', '\u{a0}', '\u{202f}'])
        .unwrap_or(before);
    CURRENCY.iter().find_map(|(sign, code)| {
        let head = trimmed.strip_suffix(sign)?;
        let free = !sign.starts_with(|c: char| c.is_ascii_alphabetic())
            || !head.ends_with(|c: char| c.is_alphanumeric());
        free.then(|| (Unit::of(Class::Money(code)), before.len() - head.len()))
    })
}

/// Length of `form` at the start of `rest`, letter case aside, when a word ends there.
pub(super) fn prefix(rest: &str, form: &str) -> Option<usize> {
    let mut given = rest.char_indices();
    for wanted in form.chars() {
        let (_, c) = given.next()?;
        let same = c == wanted
            || c.to_lowercase().eq(std::iter::once(wanted))
            || (wanted == ' ' && c.is_whitespace());
        // A capital M is a million, a capital T a trillion: single letters keep their case.
        if !same || (form.len() == 1 && c != wanted && c != '％') {
            return None;
        }
    }
    let end = given.next().map_or(rest.len(), |(at, _)| at);
    let last = form.chars().next_back()?;
    let glued = last.is_ascii_alphanumeric()
        && rest[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '²' | '³'));
    (!glued).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_spelling_wins_and_words_end() {
        let class = |rest: &str| unit_at(rest).map(|(unit, len)| (unit.class, len));
        assert_eq!(class("km² of land"), Some((Class::Area, 4)));
        assert_eq!(class("km away"), Some((Class::Length, 2)));
        assert_eq!(class("percentage points"), Some((Class::Points, 17)));
        assert_eq!(class("Percent"), Some((Class::Percent, 7)));
        assert_eq!(class("members"), None);
        assert_eq!(class("M"), None);
        assert_eq!(class("平方公里的"), Some((Class::Area, 12)));
    }

    #[test]
    fn a_currency_stands_right_before_its_number() {
        assert_eq!(
            currency_before("costs US$").map(|(unit, len)| (unit.class, len)),
            Some((Class::Money("USD"), 3))
        );
        assert_eq!(currency_before("EUR ").map(|(_, len)| len), Some(4));
        assert_eq!(currency_before("AMATEUR "), None);
    }
}
