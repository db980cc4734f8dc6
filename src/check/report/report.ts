// What a check has found, as text, Markdown or a page of HTML: words on the result, then the execution that shows it.

import { pasteSchedule } from "../schedule/file.js";
import type { Schedule } from "../schedule/schedule.js";
import type { Execution } from "./execution.js";
import { executionHtml } from "./execution-html.js";
import { executionMarkdown } from "./execution-markdown.js";
import { executionText } from "./execution-text.js";

export const REPORT_FORMATS = ["text", "markdown", "html"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface Report {
  /** Of the scenario. */
  readonly title: string;
  /** What is known, in lines. */
  readonly text: string;
  readonly shown?: {
    /** What the execution is there for: `One execution that shows it:`. */
    readonly lead: string;
    readonly execution: Execution;
    readonly schedule: Schedule;
  };
}

function asText({ text, shown }: Report): string {
  return [text, ...(shown ? [shown.lead, executionText(shown.execution), pasteSchedule(shown.schedule)] : [])].join("\n");
}

function asMarkdown({ title, text, shown }: Report): string {
  const lines = [`## ${title}`, "", "```", text, "```"];
  if (shown) lines.push("", shown.lead, "", executionMarkdown(shown.execution), "", "```", pasteSchedule(shown.schedule), "```");
  return lines.join("\n");
}

export function formatReport(format: ReportFormat, report: Report): string {
  switch (format) {
    case "text":
      return asText(report);
    case "markdown":
      return asMarkdown(report);
    case "html":
      return executionHtml(report);
  }
}
