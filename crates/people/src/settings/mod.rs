//! The mall's own settings, edited by its staff. The row belongs to the platform; here are the rules of its values.
//! A change is felt at once on this node and within seconds on others.

mod licence;

pub(crate) use licence::routes as shop_routes;

use axum::extract::State;
use db::{Tx, args};
use kernel::{Error, MallId, Result};
use platform::audit::Note;
use platform::cache::Topic;
use platform::mall::{MallMap, MallSettings, save_settings};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Staff};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_mall_settings, change_mall_settings))
}

/// Show the mall's settings.
///
/// Permission `settings.edit`.
#[utoipa::path(
    get,
    path = "/settings/mall",
    tag = "settings",
    responses((status = 200, body = MallSettings)),
    security(("staff" = []))
)]
async fn show_mall_settings(staff: Staff<perm::SettingsEdit>) -> Json<MallSettings> {
    Json(staff.mall.settings.clone())
}

/// Change the mall's settings.
///
/// Permission `settings.edit`. Replaces all of them.
#[utoipa::path(
    put,
    path = "/settings/mall",
    tag = "settings",
    request_body = MallSettings,
    responses(
        (status = 200, body = MallSettings),
        (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    ),
    security(("staff" = []))
)]
async fn change_mall_settings(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Json(input): Json<MallSettings>,
) -> Answer<Json<MallSettings>> {
    let settings = checked(input)?;
    let kept = settings.clone();
    staff
        .write(&app, "settings.update", move |tx, ctx| {
            if let Some(key) = &kept.logo_key {
                require_file(tx, ctx.mall_id, "logo_key", key)?;
            }
            for (i, licence) in kept.licences.iter().enumerate() {
                if let Some(key) = &licence.picture_key {
                    require_file(tx, ctx.mall_id, &format!("licences[{i}].picture_key"), key)?;
                }
            }
            save_settings(tx, ctx.mall_id, &kept)?;
            Ok(((), Note::new("mall", ctx.mall_id, "修改商城设置")))
        })
        .await?;
    app.malls.load(&app.db, app.clock.now()).await?;
    app.cache.touch(Topic::Catalog(staff.mall.id));
    Ok(Json(settings))
}

/// Tidies and checks every value; 400 at the first that does not fit.
fn checked(input: MallSettings) -> Result<MallSettings> {
    let text = |field: &'static str, value: Option<String>, longest: usize| -> Result<Option<String>> {
        let value = value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        match value {
            Some(text) if text.chars().count() > longest || text.chars().any(char::is_control) => {
                Err(Error::field(field, format!("最多 {longest} 个字")))
            }
            value => Ok(value),
        }
    };
    let name = text("name", Some(input.name), 30)?.ok_or_else(|| Error::field("name", "商城名称请用 1 到 30 个字"))?;
    let is_color = input.accent.len() == 7
        && input.accent.starts_with('#')
        && input.accent.bytes().skip(1).all(|b| b.is_ascii_hexdigit());
    if !is_color {
        return Err(Error::field("accent", "品牌色的写法是 #2F7D6B"));
    }
    if !(0..=24).contains(&input.radius_px) {
        return Err(Error::field("radius_px", "圆角可设 0 到 24"));
    }
    if !(5..=1_440).contains(&input.order_expiry_minutes) {
        return Err(Error::field("order_expiry_minutes", "未付款订单保留 5 到 1440 分钟"));
    }
    if !(1..=60).contains(&input.auto_confirm_days) {
        return Err(Error::field("auto_confirm_days", "自动确认收货可设 1 到 60 天"));
    }
    if !(0..=1_440).contains(&input.redeem_undo_minutes) {
        return Err(Error::field("redeem_undo_minutes", "核销后可撤销的时间可设 0 到 1440 分钟"));
    }
    if !(0..=60).contains(&input.pickup_remind_days) {
        return Err(Error::field("pickup_remind_days", "提醒取货可设 0 到 60 天"));
    }
    let refunds = input.pickup_refund_days;
    let told_first = input.pickup_remind_days > 0 && refunds > input.pickup_remind_days;
    if !(0..=90).contains(&refunds) || (refunds > 0 && !told_first) {
        return Err(Error::field("pickup_refund_days", "自动退款最多 90 天，并且要晚于提醒"));
    }
    if !(0..=20).contains(&input.fitting_pieces) {
        return Err(Error::field("fitting_pieces", "门店留货可设 0 到 20 件"));
    }
    let service_phone = text("service_phone", input.service_phone, 20)?;
    let is_phone = |text: &String| text.bytes().all(|b| b.is_ascii_digit() || b" +-()".contains(&b));
    if service_phone.as_ref().is_some_and(|phone| !is_phone(phone)) {
        return Err(Error::field("service_phone", "客服电话只能有数字和短横线"));
    }
    Ok(MallSettings {
        name,
        logo_key: text("logo_key", input.logo_key, 200)?,
        accent: input.accent,
        radius_px: input.radius_px,
        order_expiry_minutes: input.order_expiry_minutes,
        auto_confirm_days: input.auto_confirm_days,
        redeem_undo_minutes: input.redeem_undo_minutes,
        pickup_remind_days: input.pickup_remind_days,
        pickup_refund_days: input.pickup_refund_days,
        fitting_pieces: input.fitting_pieces,
        express_from: input.express_from,
        splits_orders: input.splits_orders,
        service_phone,
        icp_number: text("icp_number", input.icp_number, 40)?,
        company_name: text("company_name", input.company_name, 60)?,
        licences: licence::checked(input.licences)?,
        map: input.map.filter(|map| !map.tiles.trim().is_empty()).map(checked_map).transpose()?,
    })
}

/// Tiles come over https from one host, or from this server.
fn checked_map(map: MallMap) -> Result<MallMap> {
    let (tiles, credit) = (map.tiles.trim().to_owned(), map.credit.trim().to_owned());
    let found = MallSettings {
        map: Some(MallMap { tiles: tiles.clone(), credit: String::new(), wgs84: false }),
        ..MallSettings::default()
    };
    let own = tiles.starts_with('/') && !tiles.starts_with("//");
    let whole = ["{z}", "{x}", "{y}"].iter().all(|part| tiles.contains(part));
    if tiles.chars().count() > 300 || !whole || !(own || found.tile_origin().is_some()) {
        return Err(Error::field("map.tiles", "瓦片地址要用 https，并写出 {z}、{x}、{y}"));
    }
    if credit.chars().count() > 80 || credit.chars().any(char::is_control) {
        return Err(Error::field("map.credit", "版权说明最多 80 个字"));
    }
    Ok(MallMap { tiles, credit, wgs84: map.wgs84 })
}

fn require_file(tx: &mut Tx<'_>, mall_id: MallId, field: &str, key: &str) -> Result<()> {
    let found: Option<(i64,)> =
        tx.opt("select bytes from file where mall_id = $1 and key = $2", &args![mall_id, key])?;
    found.map(drop).ok_or_else(|| Error::field(field.to_owned(), "没有找到这张图片，请重新上传"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> MallSettings {
        MallSettings { name: "河坊生活".into(), ..MallSettings::default() }
    }

    #[test]
    fn good_settings_pass_and_are_tidied() {
        let tidy = checked(MallSettings { icp_number: Some("  ".into()), ..settings() }).unwrap();
        assert_eq!((tidy.name.as_str(), tidy.icp_number), ("河坊生活", None));
    }

    #[test]
    fn every_rule_names_its_field() {
        type Spoil = fn(&mut MallSettings);
        let map = |tiles: &str| Some(MallMap { tiles: tiles.into(), credit: String::new(), wgs84: false });
        let odd =
            ["http://tiles.example/{z}/{x}/{y}.png", "https://tiles.example/{z}/{x}.png", "//tiles.example/{z}{x}{y}"];
        for tiles in odd {
            let spoilt = MallSettings { map: map(tiles), ..settings() };
            assert_eq!(checked(spoilt).unwrap_err().field_name(), Some("map.tiles"), "{tiles}");
        }
        let none = MallSettings { map: map(" "), ..settings() };
        assert!(checked(none).unwrap().map.is_none());
        let cases: [(&str, Spoil); 9] = [
            ("name", |s| s.name = "  ".into()),
            ("accent", |s| s.accent = "green".into()),
            ("accent", |s| s.accent = "#12345é".into()),
            ("radius_px", |s| s.radius_px = 25),
            ("radius_px", |s| s.radius_px = -1),
            ("order_expiry_minutes", |s| s.order_expiry_minutes = 4),
            ("auto_confirm_days", |s| s.auto_confirm_days = i64::MAX),
            ("service_phone", |s| s.service_phone = Some("call me".into())),
            ("icp_number", |s| s.icp_number = Some("x".repeat(41))),
        ];
        for (field, spoil) in cases {
            let mut spoilt = settings();
            spoil(&mut spoilt);
            assert_eq!(checked(spoilt).unwrap_err().field_name(), Some(field));
        }
    }
}
