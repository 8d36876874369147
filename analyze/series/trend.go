package series

import (
	"math"
	"time"
)

// Trend is how one quantity moved within one boot session.
type Trend struct {
	Class  Class
	Points []Point // in time order
	Window time.Duration
	Slope  Slope // needs two points

	// What an Insufficient trend lacks; 0 when it has enough of that.
	MissingPoints int
	MissingWindow time.Duration
}

// First returns the earliest value, 0 without points.
func (t *Trend) First() float64 { return t.edge(0) }

// Last returns the latest value, 0 without points.
func (t *Trend) Last() float64 { return t.edge(len(t.Points) - 1) }

func (t *Trend) edge(i int) float64 {
	if len(t.Points) == 0 {
		return 0
	}
	return t.Points[i].Value
}

// Difference returns the last value less the first one: all that two points tell.
func (t *Trend) Difference() float64 { return t.Last() - t.First() }

// LeastGrowth returns what the low end of the slope's interval comes to over the
// window; 0 when there is no interval.
func (t *Trend) LeastGrowth() float64 {
	if !t.Slope.Bounded {
		return 0
	}
	return t.Slope.Low * t.Window.Hours()
}

// CountTrend classifies a count over one boot session.
func CountTrend(points []Point, th Thresholds) Trend {
	level := start(points)
	return classify(points, max(th.FloorCount, th.FloorShare*level, 2*math.Sqrt(level)), th)
}

// BytesTrend classifies an amount of memory over one boot session.
func BytesTrend(points []Point, th Thresholds) Trend {
	return classify(points, max(th.FloorBytes, th.FloorShare*start(points)), th)
}

// start returns the level a quantity begins at.
func start(points []Point) float64 {
	if len(points) == 0 {
		return 0
	}
	return max(0, points[0].Value)
}

// classify names the movement; growth up to noise is none. Only the values count here: what it takes to call
// a tag retained or busy stands in the rest of its table.
func classify(points []Point, noise float64, th Thresholds) Trend {
	t := Trend{Class: Steady, Points: points, Window: window(points), Slope: TheilSen(points)}
	if t.short(th) {
		t.Class = Insufficient
		return t
	}
	rise, high := t.rise()
	switch {
	case t.grows(noise, th):
		t.Class = Growing
	case rise < noise:
	case t.Last()-t.First() <= th.BackShare*rise:
		t.Class = Recovered
		if high == 1 {
			t.Class = Spike
		}
	case t.falls() >= th.FallShare*rise:
	case t.settles(th):
		t.Class = Settled
	case t.Slope.Bounded && t.LeastGrowth() >= noise:
		t.Class = Insufficient
		t.MissingPoints = max(1, telling-len(points))
	case !t.Slope.Bounded && t.Slope.PerHour > 0:
		t.Class, t.MissingPoints = Insufficient, bounded-len(points)
	}
	return t
}

// bounded is how many points a slope needs for an interval, telling how many
// nearly always tell a line with 10 % noise from a random walk (simulated).
const (
	bounded = 4
	telling = 24
)

// short notes what is missing for any trend at all.
func (t *Trend) short(th Thresholds) bool {
	t.MissingPoints = max(0, th.MinPoints-len(t.Points))
	t.MissingWindow = max(0, th.MinWindow-t.Window)
	return t.MissingPoints > 0 || t.MissingWindow > 0
}

// grows reports whether the quantity rises all the time and beyond the noise.
// Three points have no interval: there each step must carry its share.
func (t *Trend) grows(noise float64, th Thresholds) bool {
	if t.Slope.PerHour <= 0 || t.settles(th) || t.falls() >= th.FallShare*t.fitted() {
		return false
	}
	if !t.Slope.Bounded {
		return t.Difference() >= noise && t.falls() == 0
	}
	return t.LeastGrowth() >= noise && !t.wanders(th)
}

// few is what Wander/n is for so few points, which lie near some line by luck.
var few = [...]float64{4: 70, 5: 30, 6: 14, 7: 8}

// wanders reports whether a random walk explains the points as well as a line. A
// walk of NeverFalls points hardly ever rises at each step, and a walk around a
// level does not double it so, whatever the shape.
func (t *Trend) wanders(th Thresholds) bool {
	n := len(t.Points)
	if t.falls() == 0 && (n >= th.NeverFalls || t.LeastGrowth() >= t.First()) {
		return false
	}
	need := th.Wander / float64(n)
	if n < len(few) {
		need = few[n]
	}
	if t.LeastGrowth() >= th.Multiplied*t.First() {
		need *= th.MultipliedNeeds
	}
	return straightness(t.Points, t.Slope.PerHour) < max(th.Straight, need)
}

// settles reports whether the rise is over: the last half of the points has lost
// the slope of the whole, be it that between the ends.
func (t *Trend) settles(th Thresholds) bool {
	late := TheilSen(t.Points[len(t.Points)/2:])
	whole := max(t.Slope.PerHour, t.Difference()/t.Window.Hours())
	return whole > 0 && late.PerHour < th.LateShare*whole
}

// fitted returns the rise of the line over the window.
func (t *Trend) fitted() float64 { return t.Slope.PerHour * t.Window.Hours() }

// falls returns the deepest fall below an earlier value.
func (t *Trend) falls() float64 {
	deepest, peak := 0.0, math.Inf(-1)
	for _, p := range t.Points {
		peak = max(peak, p.Value)
		deepest = max(deepest, peak-p.Value)
	}
	return deepest
}

// rise returns how far the highest point stands above the first, and how many
// points lie in the upper half of that.
func (t *Trend) rise() (rise float64, high int) {
	first := t.First()
	for _, p := range t.Points {
		rise = max(rise, p.Value-first)
	}
	for _, p := range t.Points {
		if p.Value-first > rise/2 {
			high++
		}
	}
	return rise, high
}
