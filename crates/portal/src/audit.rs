//! Who changed what, before and after. Rows are never changed (trigger `audit_immutable`).

use serde_json::Value;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::listing::{Days, Listed, Paging, SortKey};
use crate::people::StaffViewer;
use crate::{Error, Portal};

/// One line of the audit.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The user who did it; none for the portal itself.
    pub actor: Option<Uuid>,
    /// `area.verb`, such as `wallet.credit`.
    pub action: &'a str,
    /// The sort of object.
    pub object_type: &'a str,
    /// The object.
    pub object_id: Uuid,
    /// Before, if it existed.
    pub before: Option<Value>,
    /// After, if it still exists.
    pub after: Option<Value>,
    /// Why, where a person must say.
    pub reason: Option<&'a str>,
}

/// Writes a line in the transaction of the change itself.
pub async fn write_in_tx(
    tx: &mut PgConnection,
    entry: Entry<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into audit (at, actor, action, object_type, object_id, before, after, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        now,
        entry.actor,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.before,
        entry.after,
        entry.reason,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The reason of a line that somebody at the server's command line caused.
pub const COMMAND_LINE: &str = "command line";

/// When it happened.
pub const BY_TIME: SortKey = SortKey::time("when", "a.at");
/// What the audit can be sorted by.
pub const SORTS: [SortKey; 1] = [BY_TIME];

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user, with the address they sign in with.
    User(String),
    /// Somebody at the server's command line.
    CommandLine,
    /// The portal's own automation.
    Portal,
}

/// Whose deeds are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorFilter {
    /// This user's.
    User(Uuid),
    /// Those that no user did.
    Nobody,
}

/// Which lines are listed.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// By whom.
    pub actor: Option<ActorFilter>,
    /// What was done.
    pub action: Option<String>,
    /// The sort of object.
    pub object_type: Option<String>,
    /// The object.
    pub object: Option<Uuid>,
    /// When.
    pub days: Days,
}

/// A line as it is read.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its number.
    pub number: i64,
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: String,
    /// The sort of object.
    pub object_type: String,
    /// The object.
    pub object_id: Uuid,
    /// The object's name now, where it has one.
    pub object: Option<String>,
    /// Before.
    pub before: Option<Value>,
    /// After.
    pub after: Option<Value>,
    /// Why.
    pub reason: Option<String>,
}

/// A value that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name; parts of nested values are joined by points.
    pub name: String,
    /// Before; none if there was none.
    pub before: Option<String>,
    /// After; none if there is none.
    pub after: Option<String>,
}

impl Line {
    /// What is different afterwards, value by value.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        flatten("", self.before.as_ref(), &mut before);
        flatten("", self.after.as_ref(), &mut after);
        let value = |values: &[(String, String)], name: &str| {
            values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let mut names: Vec<&String> = before.iter().chain(&after).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .map(|name| Change {
                name: name.clone(),
                before: value(&before, name),
                after: value(&after, name),
            })
            .filter(|change| change.before != change.after)
            .collect()
    }
}

/// The leaves of a value with their names.
fn flatten(name: &str, value: Option<&Value>, leaves: &mut Vec<(String, String)>) {
    let inner = |part: &str| {
        if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") }
    };
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Object(parts)) => {
            for (part, value) in parts {
                flatten(&inner(part), Some(value), leaves);
            }
        }
        Some(Value::Array(parts)) => {
            for (part, value) in parts.iter().enumerate() {
                flatten(&inner(&(part + 1).to_string()), Some(value), leaves);
            }
        }
        Some(Value::String(text)) => leaves.push((name.to_owned(), text.clone())),
        Some(other) => leaves.push((name.to_owned(), other.to_string())),
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at: OffsetDateTime,
    actor: Option<String>,
    action: String,
    object_type: String,
    object_id: Uuid,
    object: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    reason: Option<String>,
    sort_key: String,
}

impl Row {
    fn read(self) -> Line {
        let by_hand = self.reason.as_deref() == Some(COMMAND_LINE);
        Line {
            number: self.id,
            at: self.at,
            actor: match self.actor {
                Some(email) => Actor::User(email),
                None if by_hand => Actor::CommandLine,
                None => Actor::Portal,
            },
            action: self.action,
            object_type: self.object_type,
            object_id: self.object_id,
            object: self.object,
            before: self.before,
            after: self.after,
            // It says who, and that is said already.
            reason: self.reason.filter(|_| !by_hand),
        }
    }
}

impl Portal {
    /// The audit, for staff.
    pub async fn audit(
        &self,
        _staff: &StaffViewer,
        filter: &AuditFilter,
        paging: &Paging,
    ) -> Result<Listed<Line>, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select a.id, a.at, u.email as actor, a.action, a.object_type, a.object_id,
                    coalesce(c.name, m.email) as object, a.before, a.after, a.reason, ",
        );
        query.push(paging.sort.selected(paging.sort.column)).push(
            " from audit a
               left join app_user u on u.id = a.actor
               left join customer c on a.object_type = 'customer' and c.id = a.object_id
               left join app_user m on a.object_type = 'user' and m.id = a.object_id
              where true",
        );
        match filter.actor {
            None => {}
            Some(ActorFilter::Nobody) => {
                query.push(" and a.actor is null");
            }
            Some(ActorFilter::User(user)) => {
                query.push(" and a.actor = ").push_bind(user);
            }
        }
        for (column, wanted) in
            [("a.action", &filter.action), ("a.object_type", &filter.object_type)]
        {
            if let Some(word) = wanted {
                query.push(format_args!(" and {column} = ")).push_bind(word.clone());
            }
        }
        if let Some(object) = filter.object {
            query.push(" and a.object_id = ").push_bind(object);
        }
        filter.days.push(&mut query, "a.at");
        paging.push(&mut query, paging.sort.column, "a.id");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        let read = |row: Row| Ok::<_, Error>(row.read());
        Listed::cut(rows, paging, |row| (row.id, row.sort_key.as_str()), read)
    }

    /// What was ever done, and to what sorts of objects: the choices of the filter.
    ///
    /// Each word is found by one step through the index, however many lines have it.
    pub async fn audit_words(
        &self,
        _staff: &StaffViewer,
    ) -> Result<(Vec<String>, Vec<String>), Error> {
        let actions = sqlx::query_scalar!(
            "with recursive word as (
                (select action from audit order by action limit 1)
                union all
                select (select a.action from audit a where a.action > word.action
                         order by a.action limit 1)
                  from word where word.action is not null)
             select action as \"action!\" from word where action is not null"
        )
        .fetch_all(&self.pool)
        .await?;
        let types = sqlx::query_scalar!(
            "with recursive word as (
                (select object_type from audit order by object_type limit 1)
                union all
                select (select a.object_type from audit a where a.object_type > word.object_type
                         order by a.object_type limit 1)
                  from word where word.object_type is not null)
             select object_type as \"object_type!\" from word where object_type is not null"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok((actions, types))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_is_told_value_by_value() {
        let line = Line {
            number: 1,
            at: OffsetDateTime::UNIX_EPOCH,
            actor: Actor::Portal,
            action: "x.y".to_owned(),
            object_type: "x".to_owned(),
            object_id: Uuid::nil(),
            object: None,
            before: Some(json!({ "name": "a", "same": 1, "gone": null, "deep": { "x": [1, 2] } })),
            after: Some(json!({ "name": "b", "same": 1, "new": true, "deep": { "x": [1, 3] } })),
            reason: None,
        };
        let changes: Vec<_> = line
            .changes()
            .into_iter()
            .map(|change| (change.name, change.before, change.after))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            changes,
            [
                ("deep.x.2".to_owned(), some("2"), some("3")),
                ("name".to_owned(), some("a"), some("b")),
                ("new".to_owned(), None, some("true")),
            ]
        );
    }
}
