//! Puts the parts together: database, clients, sessions, jobs. The one list of who reacts to what.

use crate::flows::{
    after_sale, booking, close, complete, delivery, fitting, home, hooks, loyalty, message, order_export, pay,
    personal, purchase, refund, ship_file, transfer, uncollected, upload_shipping, webhook,
};
use crate::flows::{finance as reports, invoice, reconcile};
use crate::{accounts, template};
use campaign::tag::Campaigns;
use db::{Db, Options};
use kernel::{Clock, Ids, MallId, Result, hours, minutes, seconds};
use platform::app::Parts;
use platform::attached::Attached;
use platform::cache::Cache;
use platform::config::Config;
use platform::job::{Handlers, Jobs};
use platform::mall::Malls;
use platform::metrics::Metrics;
use platform::ratelimit::RateLimit;
use platform::seal::Sealer;
use platform::session::Sessions;
use platform::{App, Outside, idempotency, task};
use std::sync::Arc;
use trade::offers::Offers;

/// Opens the configured database.
pub fn open_db(config: &Config) -> Result<Db> {
    Db::open(database(config))
}

/// Where the configured database is and how to reach it; its constraints speak with the domains' codes.
pub fn database(config: &Config) -> Options {
    let settings = &config.database;
    let mut options = Options::new(&config.database_url());
    options.readers = settings.readers;
    options.connections = settings.connections;
    options.queue = settings.queue;
    options.batch = settings.batch;
    options.synchronous_full = settings.synchronous_full;
    options.cache_kib = settings.cache_kib;
    options.tls_root = Some(settings.tls_root.clone()).filter(|path| !path.as_os_str().is_empty());
    options.constraints = constraints();
    options
}

/// Every floor's constraint names.
pub fn constraints() -> Vec<&'static [db::Constraint]> {
    vec![people::CONSTRAINTS, goods::CONSTRAINTS, trade::CONSTRAINTS, campaign::CONSTRAINTS]
}

/// The application around an open, migrated database.
pub fn build(config: Config, db: Db, clock: Arc<dyn Clock>, malls: Malls, outside: Arc<dyn Outside>) -> Result<App> {
    let campaigns = Campaigns::default();
    goods::store::name_regions_with(people::region::path);
    let sealer = Sealer::new(config.security.secret_key.expose())?;
    let cache = Cache::new(config.cache.mib << 20, config.cache.lifetime_ms);
    let ids = Arc::new(Ids::new(config.server.node));
    Ok(App::new(Parts {
        db,
        clock,
        ids,
        outside,
        grants: Arc::new(open::apikey::ApiKeys::beside(Arc::new(people::staff::StaffGrants::default()))),
        malls,
        sessions: Sessions::default(),
        sealer,
        cache,
        rate_limit: RateLimit::default(),
        metrics: Metrics::default(),
        jobs: Jobs::new(),
        attached: Attached::default().with(offers(&campaigns)).with(campaigns).with(membership_hooks()),
        config,
    }))
}

/// What changes the price of an order, in the order in which it is asked within a lane.
pub fn offers(campaigns: &Campaigns) -> Offers {
    Offers::new(vec![
        campaigns.limited.clone(),
        campaigns.promotions.clone(),
        campaigns.coupons.clone(),
        Arc::new(campaign::points_mall::PointsMall),
        Arc::new(loyalty::Loyalty::default()),
    ])
    .with_tiers(Arc::new(loyalty::MemberTiers))
}

/// What membership needs from above: coupons to give, and that changed rules make new prices.
pub fn membership_hooks() -> people::membership::Hooks {
    people::membership::Hooks { coupons: Arc::new(loyalty::CampaignCoupons), rules: Arc::new(loyalty::NewVersion) }
}

/// Who reacts to what, and what is done from time to time.
pub fn handlers() -> Handlers {
    let mut handlers = Handlers::new();
    messages(&mut handlers);
    privacy(&mut handlers);
    finance(&mut handlers);
    deliveries(&mut handlers);
    handlers
        .on(refund::SEND_REFUND, refund::send)
        .on(template::APPLY, template::run)
        .on(upload_shipping::UPLOAD_SHIPPING, upload_shipping::upload)
        .on(order_export::EXPORT_ORDERS, task::work(order_export::run))
        .on(ship_file::SHIP_FILE, task::work(ship_file::run))
        .on(home::MOVE_MEMBERS, task::work(home::move_members))
        .on(goods::catalog::CHANGE, task::work(goods::catalog::change))
        .on(goods::import::CHECK, task::work(goods::import::check))
        .on(goods::import::IMPORT, task::work(goods::import::import))
        .on(goods::import::EXPORT, task::work(goods::import::export))
        .subscribe("order.shipped", "upload_shipping_when_shipped", upload_shipping::enqueue)
        .subscribe("order.parcel_sent", "upload_shipping_when_parcel_sent", upload_shipping::enqueue)
        .subscribe("order.completed", "upload_shipping_when_handed_over", upload_shipping::enqueue)
        .subscribe("order.completed", "give_points_when_completed", loyalty::reward_completed)
        .every("close_unpaid_purchases", seconds(30), purchase::close_expired)
        .every("expire_points", hours(1), people::membership::jobs::expire_points)
        .every("review_tiers", hours(1), people::membership::jobs::review_tiers)
        .every("give_member_gifts", minutes(10), people::membership::jobs::give_gifts)
        .every("report_ledger_drift", hours(24), people::ledger::report_drift)
        .relay(open::webhook::KINDS, "relay_to_webhooks", open::webhook::wanted, webhook::relay)
        .every("send_webhooks", seconds(1), open::webhook::send_due)
        .every("sweep_webhook_log", hours(1), webhook::sweep)
        .every("roll_up_sales", minutes(1), insight::report::roll_up_sales)
        .every("roll_up_traffic", minutes(1), insight::report::roll_up_traffic)
        .every("sweep_behaviour_events", hours(1), insight::event::sweep)
        .every("count_pace_of_shelves", hours(1), goods::inventory::count_pace)
        .every("tell_low_stock", seconds(30), goods::inventory::tell_low_stock)
        .subscribe("order.paid", "give_coupons_after_purchase", campaign::coupon::after_purchase)
        .every("remind_of_expiring_coupons", hours(1), campaign::coupon::remind_expiring)
        .subscribe("order.paid", "close_what_else_could_be_paid", pay::close_leftovers)
        .every("close_unpaid_orders", seconds(5), close::close_expired)
        .every("ask_about_pending_payments", seconds(5), pay::refresh_due)
        .every("ask_about_open_transfers", seconds(5), transfer::pursue_due)
        .every("confirm_overdue_orders", hours(1), complete::confirm_overdue)
        .every("put_back_what_was_not_tried", minutes(1), fitting::sweep)
        .every("remind_of_bookings", minutes(10), booking::remind)
        .every("give_up_waiting_for_bookings", minutes(1), booking::sweep_no_shows)
        .every("follow_uncollected_goods", minutes(10), uncollected::sweep)
        .every("run_after_sale_clocks", seconds(30), after_sale::run_clocks)
        .every("switch_scheduled_products", seconds(5), goods::catalog::switch_scheduled)
        .every("settle_old_reductions", hours(24), goods::catalog::settle_old_reductions)
        .every("mend_tasks", minutes(5), task::mend)
        .every("report_stock_drift", hours(24), goods::inventory::report_drift)
        .every("use_accounts_other_nodes_saved", seconds(10), accounts::reload)
        .every("forget_the_old", hours(1), forget);
    handlers
}

/// What members are told about.
fn messages(handlers: &mut Handlers) {
    use crate::flows::coupon_message;
    handlers
        .subscribe("order.paid", "tell_order_paid", message::paid)
        .subscribe("order.shipped", "tell_order_shipped", message::shipped)
        .subscribe("order.parcel_sent", "tell_parcel_sent", message::shipped)
        .subscribe("order.ready", "tell_order_ready", message::ready)
        .subscribe("order.called", "tell_called_to_counter", uncollected::tell_called)
        .subscribe(uncollected::EXPIRING, "tell_pickup_expiring", uncollected::tell_expiring)
        .subscribe(fitting::READY, "tell_fitting_ready", fitting::tell_ready)
        .subscribe(fitting::REFUSED, "tell_fitting_refused", fitting::tell_refused)
        .subscribe(booking::MADE, "tell_booking_made", booking::tell_made)
        .subscribe(booking::REMINDER, "tell_booking_reminder", booking::tell_reminder)
        .subscribe(booking::CHANGED, "tell_booking_changed", booking::tell_changed)
        .subscribe(booking::CANCELLED, "tell_booking_cancelled", booking::tell_cancelled)
        .subscribe("order.completed", "tell_order_completed", message::completed)
        .subscribe("order.closed", "tell_order_closed", message::closed)
        .subscribe("refund.done", "tell_refund_done", message::refunded)
        .subscribe(people::ledger::BALANCE_CHANGED, "tell_balance_changed", message::balance_changed)
        .on(people::message::CARRY, people::notice::carry)
        .subscribe("coupon.taken", "tell_coupon_received", coupon_message::taken)
        .subscribe("coupon.given", "tell_coupon_given", coupon_message::given)
        .subscribe("coupon.expiring", "tell_coupon_expiring", coupon_message::expiring);
    after_sale::messages(handlers);
}

/// What couriers are asked, and what members hear of them.
fn deliveries(handlers: &mut Handlers) {
    handlers
        .on(delivery::CALL_COURIER, delivery::call)
        .on(trade::delivery::CANCEL_COURIER, delivery::cancel)
        .on(delivery::ASK_COURIER, delivery::ask)
        .subscribe("order.delivery_failed", "tell_delivery_failed", delivery::tell_failed)
        .every("ask_couriers", seconds(30), delivery::ask_due);
}

/// What keeps the books in line with the outside.
fn finance(handlers: &mut Handlers) {
    handlers
        .on(reconcile::RECONCILE, reconcile::perform)
        .on(invoice::ISSUE, invoice::issue)
        .subscribe("refund.done", "follow_refund_with_red_letter", invoice::follow_refund)
        .on(reports::EXPORT_FINANCE, task::work(reports::run))
        .every("keep_days_of_finance", minutes(10), insight::finance::seal_days)
        .every("reconcile_yesterday", minutes(10), reconcile::reconcile_due);
}

/// Copies of members' data, and forgetting members who left.
fn privacy(handlers: &mut Handlers) {
    use people::privacy;
    handlers
        .on(privacy::EXPORT, |app, job| privacy::run_export(app, job, personal_sources()))
        .on(privacy::ERASE, |app, job| privacy::erase_again(app, job, personal_sources()))
        .on(privacy::ERASE_FILES, privacy::erase_files)
        .every("forget_old_exports", hours(1), privacy::sweep_exports)
        .every("erase_what_was_held", hours(6), |app| privacy::sweep_held(app, personal_sources()));
}

/// Every floor that keeps something of members. A new table with a `member_id` belongs to one of these.
pub fn personal_sources() -> people::hooks::PersonalSources {
    Arc::new([
        Arc::new(trade::personal::SaleData),
        Arc::new(personal::GoodsData),
        Arc::new(personal::PurchasePayments),
        Arc::new(personal::TransferData),
        Arc::new(personal::CouponData),
        Arc::new(people::wallet::ClubData),
        Arc::new(home::HomeData),
        Arc::new(insight::event::BehaviourData),
    ])
}

/// Deletes what is kept for a time only: ended sessions, sign-in codes, old idempotency answers; lets old searches weigh less.
async fn forget(app: App) -> Result<()> {
    let now = app.clock.now();
    for mall in app.malls.all() {
        let mall_id: MallId = mall.id;
        app.db
            .write(move |tx| {
                platform::session::Sessions::sweep(tx, mall_id, now)?;
                people::identity::sweep(tx, mall_id, now)?;
                people::message::sweep(tx, mall_id, now)?;
                people::notice::sweep(tx, mall_id, now)?;
                people::home::clear_up(tx, mall_id, now)?;
                platform::search::age_phrases(tx, mall_id, now)?;
                idempotency::sweep(tx, mall_id, now)
            })
            .await?;
    }
    Ok(())
}

/// What the list of staff says of stores.
pub fn admin_hooks() -> people::AdminHooks {
    people::AdminHooks { stores: Arc::new(hooks::Stores) }
}

/// What happens when a guest signs in, and what the badges count.
pub fn people_hooks() -> people::Hooks {
    people::Hooks {
        merge: Arc::new(hooks::ShopperMerge),
        badges: Arc::new(hooks::ShopperBadges),
        personal: personal_sources(),
    }
}
