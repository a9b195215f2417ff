//! Who stands behind the mall: company, licences and filing number, for everybody to see (电商法 15).

use axum::extract::State;
use kernel::{Error, Result};
use platform::mall::MallLicence;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Visitor};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_licences))
}

const MOST: usize = 9;

/// Who stands behind the mall.
#[derive(Debug, Serialize, ToSchema)]
pub struct Licences {
    pub mall: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icp_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_phone: Option<String>,
    pub licences: Vec<LicenceView>,
}

/// One licence.
#[derive(Debug, Serialize, ToSchema)]
pub struct LicenceView {
    pub name: String,
    pub number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

/// Show who stands behind the mall.
#[utoipa::path(get, path = "/licences", tag = "settings", responses((status = 200, body = Licences)))]
async fn show_licences(State(app): State<App>, visitor: Visitor) -> Answer<Json<Licences>> {
    let settings = &visitor.mall.settings;
    let licences = settings.licences.iter().map(|one| LicenceView {
        name: one.name.clone(),
        number: one.number.clone(),
        picture: one.picture_key.as_deref().map(|key| storage::picture(&app, key, &one.name)),
    });
    Ok(Json(Licences {
        mall: settings.name.clone(),
        company_name: settings.company_name.clone(),
        icp_number: settings.icp_number.clone(),
        service_phone: settings.service_phone.clone(),
        licences: licences.collect(),
    }))
}

/// Tidies and checks the licences of a change; 400 at the first that does not fit.
pub(super) fn checked(input: Vec<MallLicence>) -> Result<Vec<MallLicence>> {
    if input.len() > MOST {
        return Err(Error::field("licences", format!("最多 {MOST} 张证照")));
    }
    let fits = |text: &str, longest: usize| text.chars().count() <= longest && !text.chars().any(char::is_control);
    let tidy = |(i, one): (usize, MallLicence)| {
        let (name, number) = (one.name.trim().to_owned(), one.number.trim().to_owned());
        if name.is_empty() || !fits(&name, 30) {
            return Err(Error::field(format!("licences[{i}].name"), "证照名称请写 1 到 30 个字"));
        }
        if !fits(&number, 60) {
            return Err(Error::field(format!("licences[{i}].number"), "证照号码最多 60 个字"));
        }
        Ok(MallLicence { name, number, picture_key: one.picture_key.filter(|key| !key.is_empty()) })
    };
    input.into_iter().enumerate().map(tidy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licence(name: &str) -> MallLicence {
        MallLicence { name: name.into(), number: String::new(), picture_key: None }
    }

    #[test]
    fn a_licence_has_a_name_and_there_are_nine_at_most() {
        assert_eq!(checked(vec![licence(" 营业执照 ")]).unwrap()[0].name, "营业执照");
        assert_eq!(checked(vec![licence("a"), licence(" ")]).unwrap_err().field_name(), Some("licences[1].name"));
        assert_eq!(checked(vec![licence("a"); 10]).unwrap_err().field_name(), Some("licences"));
    }
}
