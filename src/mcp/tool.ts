// What a tool is: its schema is what the agent reads, what its input is checked against, and what its handler gets.

import Type, { type Static, type TObject, type TProperties } from 'typebox';
import { Compile } from 'typebox/compile';
import { XTrackError } from '../protocol/errors.js';
import type { AgentView } from './agent-view.js';
import type { Answer } from './answer.js';

export interface Tool {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** For the agent: when to use it, and what comes. */
  readonly description: string;
  readonly input: TObject;
  /** `read`: changes nothing. `ends`: what it does cannot be taken back. */
  readonly effect: 'read' | 'steer' | 'ends';
  /** Errors: XT_ARGUMENT where the input does not fit, and those of the question. */
  readonly call: (view: AgentView, input: unknown) => Promise<Answer>;
}

export interface ToolDefinition<Properties extends TProperties> extends Omit<Tool, 'input' | 'call'> {
  readonly input: Properties;
  readonly call: (view: AgentView, input: Static<TObject<Properties>>) => Promise<Answer>;
}

/** Declares a tool; its handler is checked against its schema. */
export function tool<Properties extends TProperties>({ input, call, ...rest }: ToolDefinition<Properties>): Tool {
  // Closed: a parameter of another name is a mistake that the agent should hear of.
  const schema = Type.Object(input, { additionalProperties: false });
  const validator = Compile(schema);
  return {
    ...rest,
    input: schema,
    call: (view, given) => {
      if (!validator.Check(given)) throw misfit(validator.Errors(given)[0], given);
      return call(view, given as Static<TObject<Properties>>);
    },
  };
}

interface Misfit {
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function misfit(fault: Misfit | undefined, given: unknown): XTrackError {
  const extra = (fault?.params as { additionalProperties?: readonly string[] } | undefined)?.additionalProperties?.[0];
  const missing = (fault?.params as { requiredProperties?: readonly string[] } | undefined)?.requiredProperties?.[0];
  const field = extra ?? missing ?? fault?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const detail =
    extra === undefined || typeof given !== 'object' ? (fault?.message ?? 'it does not fit') : `there is no parameter '${extra}'`;
  return new XTrackError('XT_ARGUMENT', { detail, ...(field !== '' && { field }) });
}

/** How every tool names a run. */
export const runIdInput = Type.String({ minLength: 1, maxLength: 128, description: "id of the run, or 'latest'" });
