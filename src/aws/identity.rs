//! Who the credentials belong to.

use super::connect::Connection;
use super::error::Call;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::connection::Identity;

impl Connection {
    /// One `GetCallerIdentity`; needs no permission and costs nothing. What was answered once is not asked again on this
    /// connection.
    ///
    /// # Errors
    /// `Credentials` when AWS does not accept them; endpoints other than AWS may not have STS.
    pub async fn identity(&self) -> Result<Identity, Problem> {
        self.identity_cell().get_or_try_init(|| self.ask_identity()).await.cloned()
    }

    async fn ask_identity(&self) -> Result<Identity, Problem> {
        let call = Call { service: "sts", operation: "GetCallerIdentity", resource: "" };
        let output = self.sts().get_caller_identity().send().await.map_err(|err| self.fail(&err, call))?;
        match (output.account, output.arn) {
            (Some(account), Some(arn)) => Ok(Identity { account, arn }),
            _ => Err(Problem::new(ProblemKind::NotAws, "GetCallerIdentity answered without an account.")),
        }
    }
}
