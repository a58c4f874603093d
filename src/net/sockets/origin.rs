//! From which web page a WebSocket is opened: a browser lets any page open one to this machine, and says which page it is.

use jsonrpsee::server::HttpRequest;
use std::net::IpAddr;

/// The origin of a page that comes from elsewhere than this machine and the host that is asked; none of other programs.
pub(super) fn foreign(request: &HttpRequest) -> Option<&str> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = header("origin")?;
    let host = host(origin.split_once("://").map_or(origin, |(_, rest)| rest));
    let own = header("host").map(self::host) == Some(host);
    (!own && !is_local(host)).then_some(origin)
}

/// The host in `HOST` or `HOST:PORT`.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonrpsee::server::HttpBody;

    fn is_foreign(origin: Option<&str>) -> bool {
        let mut request = HttpRequest::new(HttpBody::empty());
        let headers = request.headers_mut();
        headers.insert("host", "10.0.0.3:6485".parse().expect("it is a header"));
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().expect("it is a header"));
        }
        foreign(&request).is_some()
    }

    #[test]
    fn pages_from_elsewhere_are_foreign() {
        for origin in
            ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80", "http://10.0.0.3:9"]
        {
            assert!(!is_foreign(Some(origin)), "{origin}");
        }
        for origin in
            ["https://example.org", "null", "http://127.0.0.1.example.org:80", "http://10.0.0.4"]
        {
            assert!(is_foreign(Some(origin)), "{origin}");
        }
        assert!(!is_foreign(None));
    }
}
