//! The query part of the queue's address: filters, order, place.

use serde::Deserialize;
use uuid::Uuid;

use crate::domain::review::{QueueFilter, QueueOrder};
use crate::web::guard::Viewer;

/// What the address asks for. Empty values stand for "any": that is what an untouched form sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::web) struct QueueQuery {
    pub(in crate::web) campaign: String,
    pub(in crate::web) channel: String,
    pub(in crate::web) language: String,
    pub(in crate::web) gate: String,
    pub(in crate::web) rule: String,
    pub(in crate::web) run: String,
    pub(in crate::web) order: String,
    pub(in crate::web) after: String,
}

impl QueueQuery {
    /// Reads what another page carries along.
    pub(in crate::web) fn read(query: &str) -> Self {
        serde_urlencoded::from_str(query).unwrap_or_default()
    }

    /// The filter for somebody: editors do not see what supervisors have to decide.
    pub(in crate::web) fn filter(&self, viewer: &Viewer) -> QueueFilter {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        QueueFilter {
            campaign: some(&self.campaign),
            channel: some(&self.channel),
            language: some(&self.language),
            gate: some(&self.gate),
            rule: some(&self.rule),
            run_id: self.run.parse::<Uuid>().ok(),
            supervisor: viewer.is_supervisor(),
        }
    }

    /// By deadline, where nothing else is said.
    pub(in crate::web) fn order(&self) -> QueueOrder {
        self.order.parse().unwrap_or(QueueOrder::Due)
    }

    /// The fields that say something, without the place.
    pub(in crate::web) fn fields(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("campaign", &self.campaign),
            ("channel", &self.channel),
            ("language", &self.language),
            ("gate", &self.gate),
            ("rule", &self.rule),
            ("run", &self.run),
            ("order", &self.order),
        ];
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.as_str()))
            .collect()
    }

    /// As it stands in an address, without the place.
    pub(in crate::web) fn text(&self) -> String {
        serde_urlencoded::to_string(self.fields()).unwrap_or_default()
    }

    /// The same with a place.
    pub(in crate::web) fn after(&self, after: &str) -> String {
        let mut fields = self.fields();
        fields.push(("after", after));
        serde_urlencoded::to_string(fields).unwrap_or_default()
    }

    /// The address of an item, from which the way back and on is known.
    pub(in crate::web) fn item(&self, id: Uuid) -> String {
        let query = self.text();
        if query.is_empty() {
            return format!("/items/{id}");
        }
        let carried = serde_urlencoded::to_string([("q", query)]).unwrap_or_default();
        format!("/items/{id}?{carried}")
    }

    /// The queue's own address.
    pub(in crate::web) fn address(&self) -> String {
        match self.text() {
            query if query.is_empty() => "/".to_owned(),
            query => format!("/?{query}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back() {
        let query = QueueQuery {
            campaign: "a & b=<c>".to_owned(),
            order: "risk".to_owned(),
            ..QueueQuery::default()
        };
        assert_eq!(QueueQuery::read(&query.text()), query);
        let item = query.item(Uuid::nil());
        let carried = item.split_once("?q=").map(|(_, carried)| carried);
        let decoded: Vec<(String, String)> =
            serde_urlencoded::from_str(&format!("q={}", carried.unwrap_or_default())).unwrap();
        assert_eq!(QueueQuery::read(&decoded[0].1), query);
        assert_eq!(QueueQuery::default().address(), "/");
        assert_eq!(QueueQuery::read("order=best").order(), QueueOrder::Due);
    }
}
