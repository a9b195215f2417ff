-- Why goods are outside the seven-day return: the four kinds the law names, or others, which the buyer confirms with each
-- purchase. An order line keeps what held when it was bought.
alter table product add column no_return_reason text
  constraint product_no_return_reason_known check (no_return_reason is null or no_return_reason in ('custom', 'fresh', 'digital', 'press', 'confirmed'));
alter table order_line add column no_return_reason text;
