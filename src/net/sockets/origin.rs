//! From which web page a connection comes: a browser lets any page open a WebSocket to this machine, and says which page it is.
//! A page may also give its own name this machine's address, so only hosts that are addresses are taken at their word.

use jsonrpsee::server::HttpRequest;
use std::net::IpAddr;

/// The origin of a page that comes from elsewhere than this machine and the host that is asked; none of other programs.
pub(super) fn foreign(request: &HttpRequest) -> Option<&str> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = header("origin")?;
    let host = host(origin.split_once("://").map_or(origin, |(_, rest)| rest));
    let own = header("host").map(self::host) == Some(host) && address(host).is_some();
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
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
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
        let mut request = HttpRequest::new(HttpBody::empty());
        for (name, value) in [("host", "evil.example:6485"), ("origin", "http://evil.example:6485")]
        {
            request.headers_mut().insert(name, value.parse().expect("it is a header"));
        }
        assert!(foreign(&request).is_some(), "a name that leads to this machine");
    }
}
