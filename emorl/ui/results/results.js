// The Results screen: tables, export, deletion, behind the log-in.
import { AdminScreen } from "../admin/admin.js";
import { ranking } from "../widgets/ranking.js";
import { section } from "../widgets/section.js";
import { exporter } from "./export.js";
import { purger } from "./purge.js";
import { agreement, counts, quality, regions } from "./tables.js";

export function results(widget) {
  new Results(widget, "results", "results").begin();
}

class Results extends AdminScreen {
  async open(focus) {
    const { T } = this;
    const found = await this.ask("show_results");
    if (found.error) {
      this.login(found.error);
      return;
    }
    const data = found.results;
    const head = this.head(this.button(T.refresh, () => this.open(true)));
    this.put(
      head.node,
      section(T.counts_heading, "", counts(data, T)),
      section(T.agreement_heading, T.agreement_hint, agreement(data, T)),
      ranking(data, T),
      section(T.regions_heading, T.regions_hint, regions(data, T)),
      section(T.quality_heading, T.quality_hint, quality(data, T)),
      exporter(this),
      purger(this),
    );
    if (focus) head.title.focus();
  }
}
