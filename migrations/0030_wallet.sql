-- Balance: top-up plans, the purchases that pay for them (and for paid membership), the payment password.

create table top_up_plan (
  @id@,
  mall_id bigint not null references mall (id),
  amount_fen bigint not null,
  gift_fen bigint not null default 0,
  label text not null default '',
  on_sale boolean not null default true,
  created_at bigint not null,
  @key@,
  constraint top_up_plan_amount_taken unique (mall_id, amount_fen),
  constraint top_up_plan_within_law check (amount_fen between 1 and 500000 and gift_fen between 0 and 500000)
);

-- Something a member pays for that is no goods. terms: what was agreed, as it read then.
create table wallet_purchase (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  kind text not null,
  plan_id bigint not null,
  title text not null,
  amount_fen bigint not null,
  gift_fen bigint not null default 0,
  terms text not null,
  status text not null default 'unpaid',
  refunded_fen bigint not null default 0,
  gift_taken_fen bigint not null default 0,
  created_at bigint not null,
  expires_at bigint not null,
  paid_at bigint,
  payment_id bigint,
  @key@,
  constraint wallet_purchase_member foreign key (mall_id, member_id) references member (mall_id, id),
  constraint wallet_purchase_kind_known check (kind in ('top_up', 'membership')),
  constraint wallet_purchase_status_known check (status in ('unpaid', 'paid', 'closed')),
  constraint wallet_purchase_refund_within_amount check (refunded_fen between 0 and amount_fen),
  constraint wallet_purchase_gift_within check (gift_taken_fen between 0 and gift_fen)
);
create index wallet_purchase_by_member on wallet_purchase (mall_id, member_id, id);
create index wallet_purchase_unpaid on wallet_purchase (mall_id, expires_at) where status = 'unpaid';
create index wallet_purchase_by_kind on wallet_purchase (mall_id, kind, status, id);

-- Six digits, kept as a slow hash; wrong tries lock it for a while.
create table pay_password (
  mall_id bigint not null,
  member_id bigint not null,
  password_hash text not null,
  failed_attempts bigint not null default 0,
  locked_until bigint not null default 0,
  updated_at bigint not null,
  constraint pay_password_key primary key (mall_id, member_id)
) @clustered@;
