//! What the back-office lists of promotions, coupons and limited-time sales share: which to show, from where on.

use crate::scope::CampaignStatus;
use db::{Arg, FromRow, Tx, args};
use kernel::{Cursor, Id, MallId, Page, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which campaigns to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CampaignQuery {
    #[param(inline)]
    status: Option<CampaignStatus>,
    cursor: Option<String>,
    /// 1–100, 30 if absent.
    limit: Option<i64>,
}

/// A checked query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub status: Option<CampaignStatus>,
    pub before: Option<Cursor>,
    pub limit: i64,
}

impl Wanted {
    /// A page of a campaign's table, newest first. Table and columns are words of this program, never of a request.
    pub fn page<T: FromRow>(
        self,
        tx: &mut Tx<'_>,
        mall_id: MallId,
        (table, columns): (&str, &str),
        id: impl Fn(&T) -> Id,
    ) -> Result<Page<T>> {
        let mut sql = format!("select {columns} from {table} where mall_id = $1 and id < $2");
        let mut values: Vec<Arg> = args![mall_id, self.before.map_or(i64::MAX, |c| c.id)].to_vec();
        if let Some(status) = self.status {
            values.push(status.as_str().into());
            sql.push_str(" and status = $3");
        }
        values.push((self.limit + 1).into());
        sql.push_str(&format!(" order by id desc limit ${}", values.len()));
        let rows: Vec<T> = tx.all(&sql, &values)?;
        Ok(Page::from_rows(rows, self.limit, |row| Cursor { key: 0, id: id(row).0 }))
    }
}

impl CampaignQuery {
    pub fn wanted(&self) -> Result<Wanted> {
        Ok(Wanted {
            status: self.status,
            before: self.cursor.as_deref().map(Cursor::decode).transpose()?,
            limit: self.limit.unwrap_or(30).clamp(1, 100),
        })
    }
}
