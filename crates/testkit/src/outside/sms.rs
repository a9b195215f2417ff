//! An inbox of text messages.

use super::locked;
use kernel::Error;
use kernel::ports::{Pending, SmsSender};
use std::collections::HashMap;
use std::sync::Mutex;

/// One message as it was sent.
#[derive(Debug, Clone)]
pub struct Message {
    pub phone: String,
    pub template: String,
    pub params: HashMap<String, String>,
}

/// Every message of this world.
#[derive(Default)]
pub struct LocalSms {
    inbox: Mutex<Vec<Message>>,
    refuses: Mutex<bool>,
}

impl LocalSms {
    /// All messages, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        locked(&self.inbox).clone()
    }

    /// The code last sent to a number.
    pub fn code(&self, phone: &str) -> Option<String> {
        let inbox = locked(&self.inbox);
        inbox.iter().rev().find(|message| message.phone == phone)?.params.get("code").cloned()
    }

    /// The carrier refuses everything while this is on.
    pub fn refuse(&self, on: bool) {
        *locked(&self.refuses) = on;
    }
}

impl SmsSender for LocalSms {
    fn send<'a>(&'a self, phone: &'a str, template: &'a str, params: &'a [(&'a str, &'a str)]) -> Pending<'a, ()> {
        Box::pin(async move {
            if *locked(&self.refuses) {
                return Err(Error::gateway("sms.failed", "短信没有发出去"));
            }
            let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            locked(&self.inbox).push(Message { phone: phone.to_owned(), template: template.to_owned(), params });
            Ok(())
        })
    }
}
