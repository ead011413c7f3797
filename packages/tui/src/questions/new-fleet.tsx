import { Select, TextInput } from "@inkjs/ui";
import { Box, Text, useApp } from "ink";
import { useEffect, useState } from "react";
import type { FleetAnswers, Given, Step } from "./steps.ts";

export interface NewFleetProps {
  readonly steps: readonly Step[];
  readonly standard: FleetAnswers;
  readonly onDone: (given: Given) => void;
}

/** The questions that are answered, and below them the one that is asked. */
export function NewFleet({ steps, onDone }: NewFleetProps) {
  const { exit } = useApp();
  const [given, setGiven] = useState<Given>({});
  const [wrong, setWrong] = useState("");
  const [at, setAt] = useState(0);
  const step = steps[at];

  const answer = (typed: string) => {
    if (step === undefined) return;
    const value = typed.trim() === "" ? step.standard : typed.trim();
    const problem = "check" in step ? step.check(value, given) : undefined;
    setWrong(problem ?? "");
    if (problem !== undefined) return;
    setGiven({ ...given, [step.name]: value });
    setAt(at + 1);
  };

  // Only after the last answer has been shown.
  useEffect(() => {
    if (step !== undefined) return;
    onDone(given);
    exit();
  }, [step, given, onDone, exit]);

  return (
    <Box flexDirection="column">
      {steps.slice(0, at).map((each) => (
        <Text key={each.name}>
          <Text color="green">✔</Text> {each.title} <Text bold>{given[each.name] || "none"}</Text>
        </Text>
      ))}
      {step && <Question key={step.name} step={step} wrong={wrong} onAnswer={answer} />}
    </Box>
  );
}

interface QuestionProps {
  readonly step: Step;
  readonly wrong: string;
  readonly onAnswer: (answer: string) => void;
}

function Question({ step, wrong, onAnswer }: QuestionProps) {
  return (
    <Box flexDirection="column">
      <Text>
        <Text color="cyan">?</Text> <Text bold>{step.title}</Text>
        {"note" in step && step.note ? <Text dimColor> {step.note}</Text> : null}
      </Text>
      <Box marginLeft={2}>
        {"choices" in step ? (
          <Select options={[...step.choices]} visibleOptionCount={10} onChange={onAnswer} />
        ) : (
          <TextInput placeholder={step.standard || "none"} onSubmit={onAnswer} />
        )}
      </Box>
      {wrong !== "" && <Text color="red"> {wrong}</Text>}
    </Box>
  );
}
