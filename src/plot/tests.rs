use super::axis::Ruler;
use super::*;

fn ticks(scale: Scale, values: &[f64]) -> Vec<f64> {
    Ruler::new(&Axis::new("x", scale, Unit::Count), values, (0, 100)).ticks().to_vec()
}

#[test]
fn ticks_are_round_and_enclose_the_values() {
    assert_eq!(ticks(Scale::Linear, &[3.0, 47.0]), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
    assert_eq!(ticks(Scale::Log, &[30.0, 400.0]), [20.0, 50.0, 100.0, 200.0, 500.0]);
    assert_eq!(ticks(Scale::Log, &[1.0, 1e5]), [1.0, 10.0, 100.0, 1e3, 1e4, 1e5]);
    assert!(ticks(Scale::Log, &[]).len() >= 2 && ticks(Scale::Linear, &[0.0]).len() >= 2);
}

#[test]
fn values_are_placed_between_the_ends() {
    let ruler = Ruler::new(&Axis::new("x", Scale::Log, Unit::Count), &[1.0, 100.0], (0, 100));
    assert_eq!([1.0, 10.0, 100.0].map(|value| ruler.place(value)), [0, 50, 100]);
    assert_eq!([0.0, -5.0, 1e9, f64::NAN].map(|value| ruler.place(value)), [0, 0, 100, 0]);
}

#[test]
fn points_keep_off_the_frame_where_the_ticks_are_given() {
    let axis = Axis::new("w", Scale::Linear, Unit::Count).with_ticks(vec![1.0, 2.0, 3.0]);
    let ruler = Ruler::new(&axis, &[1.0, 3.0], (0, 100));
    assert_eq!(ruler.ticks(), [1.0, 2.0, 3.0]);
    assert_eq!([1.0, 2.0, 3.0].map(|value| ruler.place(value)), [8, 50, 92]);
}

#[test]
fn units_are_chosen_by_size() {
    assert_eq!(Unit::Micros.shown(20.0), "20 µs");
    assert_eq!(Unit::Micros.shown(1_500.0), "1.5 ms");
    assert_eq!(Unit::Micros.shown(0.0), "0 µs");
    assert_eq!(Unit::Count.shown(64_000.0), "64k");
    assert_eq!(Unit::Count.shown(256.0), "256");
    assert_eq!(Unit::Share.shown(0.9), "90 %");
}

#[test]
fn each_level_has_a_colour_and_a_mark_of_its_own() {
    let logs = ["replicated-log", "durable-log"];
    let names = ["linearizable", "sequential", "causal", "eventual", "echo", "chain", "other"];
    let names: Vec<&str> = names.into_iter().chain(logs).collect();
    let looks: Vec<Look> = names.into_iter().map(look).collect();
    for (number, one) in looks.iter().enumerate() {
        for other in &looks[number + 1..] {
            assert!(one.mark != other.mark && one.colour != other.colour);
        }
    }
    assert_eq!(look("causal get"), look("causal"));
}

fn figure(content: Content) -> Figure {
    let panel = Panel {
        heading: "a heading".into(),
        x: Axis::new("clients", Scale::Log, Unit::Count),
        y: Axis::new("latency (µs)", Scale::Log, Unit::Micros),
        content,
    };
    Figure { title: "A <finding> ".repeat(12), caption: "seed 1".into(), panels: vec![panel] }
}

#[test]
fn figures_are_svg_with_all_their_words() {
    let point = Point { range: Some((5.0, 20.0)), ..Point::at(1.0, 10.0) };
    let series = vec![Series { name: "causal".into(), points: vec![point, Point::at(8.0, 90.0)] }];
    let svg = figure(Content::Lines(series)).svg().expect("it can be drawn");
    for words in ["A &lt;finding&gt;", "a heading", "clients", "latency (µs)", "causal", "seed 1"]
    {
        assert!(svg.contains(words), "{words} is missing in {svg}");
    }
    let bars = vec![BarSeries { name: "echo".into(), values: vec![Some(30.0), None] }];
    let svg = figure(Content::Bars(vec!["set".into(), "get".into()], bars)).svg();
    assert!(svg.expect("it can be drawn").contains("30 µs"));
}

#[test]
fn nothing_measured_is_drawn_as_nothing() {
    assert!(figure(Content::Curves(Vec::new())).svg().is_ok());
    assert!(
        figure(Content::Lines(vec![Series { name: "x".into(), points: Vec::new() }])).svg().is_ok()
    );
}
