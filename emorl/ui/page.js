// Everything that Gradio calls: the widgets by name, and what the page's events do without asking the server.
import { about } from "./about/about.js";
import { atlas } from "./atlas/atlas.js";
import { banner } from "./banner/banner.js";
import { inStep } from "./cancelling.js";
import { compare } from "./compare/compare.js";
import { count } from "./compare/count.js";
import { states, tell } from "./events.js";
import { map } from "./map/map.js";
import { practise } from "./practise/practise.js";
import { queue } from "./rate/queue.js";
import { rating } from "./reflect/rating.js";
import { result } from "./reflect/result.js";
import { recalled, visit } from "./reflect/visit.js";
import { results } from "./results/results.js";
import { send } from "./sending/send.js";
import { study } from "./study/study.js";
import { agreement, noticePhase, welcome } from "./welcome/welcome.js";
import { why } from "./why/why.js";
import { received } from "./widgets/received.js";
import { mixer } from "./writing/mixer.js";
import { afterFailure, afterStop } from "./writing/outcome.js";
import { statement } from "./writing/statement.js";

// Gradio's client asks the server by this.
window.fetch = inStep(window.fetch.bind(window));

const made = {
  about,
  atlas,
  banner,
  compare,
  count,
  map,
  mixer,
  practise,
  queue,
  rating,
  result,
  results,
  send,
  statement,
  study,
  visit,
  welcome,
  why,
};

export const widgets = Object.freeze(
  Object.fromEntries(
    Object.entries(made).map(([name, make]) => [name, (given) => make({ ...given, props: received(given.props) })]),
  ),
);

export const handlers = Object.freeze({ afterFailure, afterStop, agreement, noticePhase, recalled });

// For tests: what the widgets have told each other.
export const events = Object.freeze({ states, tell });
