//! A subscribe message of a mini program: one leave of a person is good for one of them.

/// What is sent to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeMessage {
    pub openid: String,
    /// The template of the console (订阅消息).
    pub template_id: String,
    /// Page that opens on a press, with its query, without leading slash.
    pub page: Option<String>,
    /// Names of the template (`thing1`) and what they show.
    pub data: Vec<(String, String)>,
}
