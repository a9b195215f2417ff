//! What texts may say, and how they are cut for vendors.

use super::model::{NoticeField, NoticeRule, SmsRule, SmsWhen, SubscribeRule, examples, fitted, rendered, values};
use crate::message::MessageKind;

fn rule(fields: &[(&str, &str)]) -> NoticeRule {
    let fields = fields.iter().map(|(name, text)| NoticeField { name: (*name).into(), text: (*text).into() });
    NoticeRule {
        subscribe: SubscribeRule { on: true, template_id: "T".repeat(43), fields: fields.collect() },
        ..NoticeRule::default()
    }
}

#[test]
fn values_are_put_in_and_cut_to_what_wechat_takes() {
    let values = examples(MessageKind::OrderShipped);
    assert_eq!(rendered("{goods} 由{carrier}送来", &values), "西湖龙井 明前特级 由顺丰速运送来");
    assert_eq!(rendered("{ {nothing} {goods", &values), "{ {nothing} {goods");
    assert_eq!(fitted("thing1", &"茶".repeat(30)), (format!("{}…", "茶".repeat(19)), true));
    assert_eq!(fitted("character_string2", "单号SF1"), ("SF1".to_owned(), true));
    assert_eq!(fitted("phrase3", "已经发货了吧"), ("已经发货了".to_owned(), true));
    assert_eq!(fitted("amount4", "199.00元"), ("199.00元".to_owned(), false));
}

#[test]
fn a_rule_names_the_field_that_does_not_fit() {
    let kind = MessageKind::OrderShipped;
    assert!(rule(&[("thing1", "{goods}")]).checked(kind).is_ok());
    for (fields, at) in [
        (vec![], "subscribe.fields"),
        (vec![("thing", "{goods}")], "subscribe.fields[0].name"),
        (vec![("thing1", "{goods}"), ("thing1", "x")], "subscribe.fields[1].name"),
        (vec![("thing1", "{store}")], "subscribe.fields[0].text"),
        (vec![("thing1", "")], "subscribe.fields[0].text"),
    ] {
        assert_eq!(rule(&fields).checked(kind).unwrap_err().field_name(), Some(at));
    }
    let always = SmsRule { when: SmsWhen::Always, template_code: "1".into(), params: Vec::new() };
    let sms = NoticeRule { sms: always, ..NoticeRule::default() };
    assert_eq!(sms.checked(kind).unwrap_err().field_name(), Some("sms.template_code"));
}

#[test]
fn every_kind_has_an_example_for_each_value() {
    for kind in MessageKind::ALL {
        assert!(values(kind).iter().all(|value| !value.example.is_empty()), "{kind:?}");
    }
}
