-- Days on which a store keeps other hours than its week says, or none.
alter table store add column special_days text not null default '[]';
