//! Waiting until nobody else is busy: questions about keys come when the bars of the other repositories have ended.

use tokio::sync::watch;

/// Counts the repositories that are being updated.
#[derive(Debug, Clone)]
pub(super) struct Company(watch::Sender<usize>);

impl Default for Company {
    fn default() -> Self {
        Company(watch::Sender::new(0))
    }
}

impl Company {
    /// Adds one that is busy from now on.
    pub(super) fn join(&self) -> Busy {
        self.0.send_modify(|busy| *busy += 1);
        Busy(Some(self.clone()))
    }
}

/// One that is busy until it has to wait for the others, or is done.
#[derive(Debug)]
pub(super) struct Busy(Option<Company>);

impl Busy {
    /// Waits until the others are done or wait, too.
    pub(super) async fn wait_for_others(&mut self) {
        let Some(company) = self.leave() else { return };
        // The sender is here, so that there is no error.
        let _ = company.0.subscribe().wait_for(|busy| *busy == 0).await;
    }

    fn leave(&mut self) -> Option<Company> {
        let company = self.0.take()?;
        company.0.send_modify(|busy| *busy -= 1);
        Some(company)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_goes_on_when_all_are_done_or_wait() {
        let company = Company::default();
        let (mut one, mut two, three) = (company.join(), company.join(), company.join());
        let mut waiting = tokio::spawn(async move { one.wait_for_others().await });
        let soon = std::time::Duration::from_millis(20);
        tokio::time::timeout(soon, &mut waiting).await.expect_err("two are busy");
        drop(three);
        tokio::time::timeout(soon, &mut waiting).await.expect_err("one is busy");
        two.wait_for_others().await;
        waiting.await.expect("no panic");
        // What is left behind does not count again.
        drop(two);
        company.join().wait_for_others().await;
    }
}
