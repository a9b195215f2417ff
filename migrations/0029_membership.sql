-- Points rules, tiers with growth, check-in, birthday and monthly gifts, paid membership.

create table loyalty_program (
  mall_id bigint not null,
  rules text not null,
  updated_at bigint not null,
  constraint loyalty_program_key primary key (mall_id)
) @clustered@;

-- SKUs of which points may cover less than the rule says; 0 not at all.
create table points_sku_cap (
  mall_id bigint not null,
  sku_id bigint not null,
  percent bigint not null,
  constraint points_sku_cap_key primary key (mall_id, sku_id),
  constraint points_sku_cap_percent_in_range check (percent between 0 and 100)
) @clustered@;

-- percent: 95 of a price is 5 off; 150 of points is half as many again. coupon ids name what campaigns give, if any.
create table tier (
  @id@,
  mall_id bigint not null references mall (id),
  name text not null,
  growth bigint not null,
  price_percent bigint not null default 100,
  points_percent bigint not null default 100,
  free_freight boolean not null default false,
  monthly_points bigint not null default 0,
  birthday_points bigint not null default 0,
  monthly_coupon_id bigint,
  birthday_coupon_id bigint,
  note text not null default '',
  created_at bigint not null,
  @key@,
  constraint tier_name_taken unique (mall_id, name),
  constraint tier_growth_taken unique (mall_id, growth),
  constraint tier_numbers_in_range check (growth >= 0 and price_percent between 1 and 100 and points_percent between 100 and 1000 and monthly_points >= 0 and birthday_points >= 0)
);

-- A price, a period and the perks while it lasts.
create table membership_plan (
  @id@,
  mall_id bigint not null references mall (id),
  name text not null,
  price_fen bigint not null,
  days bigint not null,
  price_percent bigint not null default 100,
  points_percent bigint not null default 100,
  free_freight boolean not null default false,
  monthly_points bigint not null default 0,
  monthly_coupon_id bigint,
  note text not null default '',
  on_sale boolean not null default true,
  created_at bigint not null,
  @key@,
  constraint membership_plan_name_taken unique (mall_id, name),
  constraint membership_plan_numbers_in_range check (price_fen > 0 and days between 1 and 3660 and price_percent between 1 and 100 and points_percent between 100 and 1000 and monthly_points >= 0)
);

-- Where a member stands. since: when the tier was reached or last kept; birthday: month × 100 + day.
create table membership (
  mall_id bigint not null,
  member_id bigint not null,
  tier_id bigint,
  since bigint not null default 0,
  keep_until bigint,
  birthday bigint,
  birthday_set_at bigint,
  plan_id bigint,
  paid_until bigint,
  renewal_reminded_for bigint,
  constraint membership_key primary key (mall_id, member_id),
  constraint membership_member foreign key (mall_id, member_id) references member (mall_id, id),
  constraint membership_birthday_in_range check (birthday between 101 and 1231)
);
create index membership_to_review on membership (mall_id, keep_until) where keep_until is not null;
create index membership_by_birthday on membership (mall_id, birthday) where birthday is not null;
create index membership_by_paid on membership (mall_id, paid_until) where paid_until is not null;
create index membership_by_tier on membership (mall_id, tier_id, member_id) where tier_id is not null;

-- A reversal is dated like what it reverses, so both leave the period together.
create table growth_entry (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  kind text not null,
  source_id bigint not null,
  amount bigint not null,
  note text not null default '',
  at bigint not null,
  created_at bigint not null,
  @key@,
  constraint growth_entry_once unique (mall_id, kind, source_id),
  constraint growth_entry_not_zero check (amount <> 0)
);
create index growth_entry_by_member on growth_entry (mall_id, member_id, at);

create table check_in (
  mall_id bigint not null,
  member_id bigint not null,
  day bigint not null,
  id bigint not null,
  streak bigint not null,
  points bigint not null,
  at bigint not null,
  constraint check_in_key primary key (mall_id, member_id, day)
) @clustered@;

-- A birthday gift per year, a monthly gift per month, once each.
create table member_gift (
  mall_id bigint not null,
  member_id bigint not null,
  kind text not null,
  period bigint not null,
  id bigint not null,
  points bigint not null,
  coupon_id bigint,
  at bigint not null,
  constraint member_gift_key primary key (mall_id, member_id, kind, period),
  constraint member_gift_kind_known check (kind in ('birthday', 'monthly', 'plan_monthly'))
) @clustered@;

-- What the mall tells a member about points and membership.
create table member_notice (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  kind text not null,
  text text not null,
  created_at bigint not null,
  @key@
);
create index member_notice_by_member on member_notice (mall_id, member_id, id);

-- What an order took and gave in points and growth; units: {"line": units that went back}.
create table order_reward (
  mall_id bigint not null,
  order_id bigint not null,
  member_id bigint not null,
  units text not null default '{}',
  whole boolean not null default false,
  points_spent bigint not null default 0,
  points_returned bigint not null default 0,
  points_given bigint not null default 0,
  points_taken bigint not null default 0,
  growth_given bigint not null default 0,
  growth_taken bigint not null default 0,
  growth_at bigint not null default 0,
  constraint order_reward_key primary key (mall_id, order_id),
  constraint order_reward_within check (points_returned between 0 and points_spent and points_taken between 0 and points_given and growth_taken between 0 and growth_given)
);
