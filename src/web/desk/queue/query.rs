//! The query part of the queue's address: filters, order, place.

use serde::Deserialize;
use uuid::Uuid;

use crate::domain::review::{QueueFilter, QueueOrder};
use crate::web::guard::Viewer;

/// What the address asks for. An empty value stands for "any": that is what an untouched form sends. So does one that
/// is none, such as an order that there is not: an old link still shows the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<(String, String)>")]
pub(in crate::web::desk) struct QueueQuery {
    filter: QueueFilter,
    order: Option<QueueOrder>,
    /// The place of the page; empty for the first one.
    pub(in crate::web::desk) after: String,
}

impl From<Vec<(String, String)>> for QueueQuery {
    fn from(fields: Vec<(String, String)>) -> Self {
        let mut query = Self::default();
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            let filter = &mut query.filter;
            match name.as_str() {
                "campaign" => filter.campaign = Some(value),
                "channel" => filter.channel = Some(value),
                "language" => filter.language = Some(value),
                "gate" => filter.gate = Some(value),
                "rule" => filter.rule = Some(value),
                "run" => filter.run_id = value.parse().ok(),
                "order" => query.order = value.parse().ok(),
                "after" => query.after = value,
                _ => {}
            }
        }
        query
    }
}

impl QueueQuery {
    /// Reads what another page carries along.
    pub(in crate::web::desk) fn read(query: &str) -> Self {
        serde_urlencoded::from_str(query).unwrap_or_default()
    }

    /// What the address says, whoever looks.
    pub(in crate::web::desk) fn filter(&self) -> &QueueFilter {
        &self.filter
    }

    /// The filter for somebody.
    pub(in crate::web::desk) fn filter_for(&self, viewer: &Viewer) -> QueueFilter {
        self.filter.clone().seen_by(viewer.user.role)
    }

    /// By deadline, where nothing else is said.
    pub(in crate::web::desk) fn order(&self) -> QueueOrder {
        self.order.unwrap_or(QueueOrder::Due)
    }

    /// The fields that say something, without the place.
    pub(in crate::web::desk) fn fields(&self) -> Vec<(&'static str, String)> {
        let filter = &self.filter;
        let all = [
            ("campaign", filter.campaign.clone()),
            ("channel", filter.channel.clone()),
            ("language", filter.language.clone()),
            ("gate", filter.gate.clone()),
            ("rule", filter.rule.clone()),
            ("run", filter.run_id.map(|run| run.to_string())),
            ("order", self.order.map(|order| order.to_string())),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// As it stands in an address, without the place.
    pub(in crate::web::desk) fn text(&self) -> String {
        serde_urlencoded::to_string(self.fields()).unwrap_or_default()
    }

    /// This query with a place in the queue.
    pub(in crate::web::desk) fn after(&self, after: &str) -> String {
        let mut fields = self.fields();
        fields.push(("after", after.to_owned()));
        serde_urlencoded::to_string(fields).unwrap_or_default()
    }

    /// The address of an item, from which the way back and on is known.
    pub(in crate::web::desk) fn item(&self, id: Uuid) -> String {
        let query = self.text();
        if query.is_empty() {
            return format!("/items/{id}");
        }
        let carried = serde_urlencoded::to_string([("q", query)]).unwrap_or_default();
        format!("/items/{id}?{carried}")
    }

    /// The queue's own address.
    pub(in crate::web::desk) fn address(&self) -> String {
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
            filter: QueueFilter {
                campaign: Some("a & b=<c>".to_owned()),
                run_id: Some(Uuid::nil()),
                ..QueueFilter::default()
            },
            order: Some(QueueOrder::Risk),
            after: String::new(),
        };
        assert_eq!(QueueQuery::read(&query.text()), query);
        let item = query.item(Uuid::nil());
        let carried = item.split_once("?q=").map(|(_, carried)| carried);
        let decoded: Vec<(String, String)> =
            serde_urlencoded::from_str(&format!("q={}", carried.unwrap_or_default())).unwrap();
        assert_eq!(QueueQuery::read(&decoded[0].1), query);
        assert_eq!(QueueQuery::default().address(), "/");
        let odd = QueueQuery::read("order=best&run=1&channel=&color=red");
        assert_eq!(odd, QueueQuery::default());
        assert_eq!(odd.order(), QueueOrder::Due);
    }
}
