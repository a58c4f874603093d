//! `plots/index.html`: all charts of a run on one page, with the table of goals and the warnings.

use super::results::Results;
use super::table;
use conlab::plot::Figure;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:832px;margin:2rem auto;padding:0 1rem}\
figure{margin:2rem 0}img{max-width:100%;height:auto;border:1px solid #e1e1e1}\
pre{overflow-x:auto;font-size:12px;background:#f6f6f6;padding:.75rem}";

/// The page.
pub fn page(results: &Results, figures: &[(&'static str, Figure)]) -> String {
    let Results { started, machine, versions, arguments, .. } = results;
    let shown = figures.iter().map(|(name, figure)| {
        let title = escaped(&figure.title);
        format!("<figure><img src=\"{name}.svg\" width=\"800\" alt=\"{title}\"></figure>\n")
    });
    let warnings =
        results.warnings.iter().map(|warning| format!("<li>{}</li>\n", escaped(warning)));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>What consistency costs</title>\n\
         <style>{STYLE}</style>\n<h1>What consistency costs</h1>\n\
         <p>conlab {} at {}, {}; started {started} with <code>conlab-bench {}</code>.</p>\n{}\
         <h2>How fast it must be</h2>\n<pre>{}</pre>\n{}</html>\n",
        escaped(&versions.conlab),
        escaped(&versions.commit),
        escaped(&machine.short()),
        escaped(&arguments.join(" ")),
        shown.collect::<String>(),
        escaped(&table::goals(results).unwrap_or_default()),
        match results.warnings.is_empty() {
            true => String::new(),
            false => format!("<h2>Warnings</h2>\n<ul>\n{}</ul>\n", warnings.collect::<String>()),
        },
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
