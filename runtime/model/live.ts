/**
 * A model in memory: its public calls. Each is checked, with copies of what it was given, when it is made; then it waits for the
 * calls before it, and is answered whole of the state that they leave. That is the queue's doing, here and nowhere else.
 */
import type { ModelDefinition } from "../contract.ts";
import type {
  Bytes,
  DecodeOptions,
  Hypothesis,
  LiveModel,
  LossValue,
  StepValue,
  Stream,
  TensorInputs,
  TensorOutputs,
  TrainingState,
  TrainStepOptions,
} from "../contract-live.ts";
import type { BackendReport } from "../contract-backend.ts";
import { invalidOption } from "../arguments.ts";
import { Problem } from "../problem.ts";
import { evaluateAll, predictAll } from "./all-batches.ts";
import { checkTrainingState } from "./check-calls.ts";
import { InputCheck } from "./inputs.ts";
import type { CheckedInputs } from "./inputs.ts";
import { readWeights } from "./parameters.ts";
import type { Tensors } from "./parameters.ts";
import { loadDecode, loadStreams, loadUpdate, type LiveParts } from "./parts.ts";
import { ModelState } from "./state.ts";
import type { LiveStart } from "./state.ts";
import { Queue } from "./turns.ts";
import type { Turn } from "./turns.ts";
import { parameterOfGradient } from "../shared/names.ts";

export class RunningModel implements LiveModel {
  readonly definition: ModelDefinition;
  readonly #state: ModelState;
  readonly #inputs: InputCheck;
  readonly #queue = new Queue();
  #disposal: Promise<void> | undefined;

  constructor(
    definition: ModelDefinition,
    start: LiveStart,
    private readonly parts: LiveParts = {},
  ) {
    this.definition = definition;
    this.#state = new ModelState(definition, start);
    this.#inputs = new InputCheck(definition);
  }

  async predict(inputs: TensorInputs): Promise<TensorOutputs> {
    this.#refuseDisposed();
    const checked = this.#inputs.check(inputs, "predict", !this.#queue.busy);
    return this.#queue.run(() => predictAll(this.#state, checked));
  }

  async evaluate(inputs: TensorInputs): Promise<LossValue & { readonly outputs: TensorOutputs }> {
    this.#refuseDisposed();
    const checked = this.#inputs.check(inputs, "train", !this.#queue.busy);
    return this.#queue.run(() => evaluateAll(this.#state, checked));
  }

  async trainStep(inputs: TensorInputs, options: TrainStepOptions = {}): Promise<StepValue> {
    this.#refuseDisposed();
    const checked = this.#oneBatch(inputs, "trainStep");
    const { stepOptions, trainStep } = this.parts.update ?? (await loadUpdate());
    const setting = stepOptions(options, this.definition.accumulation !== undefined);
    return this.#queue.run(() => trainStep(this.#state, checked, setting));
  }

  async gradients(inputs: TensorInputs): Promise<Record<string, Float32Array>> {
    this.#refuseDisposed();
    const checked = this.#oneBatch(inputs, "gradients");
    return this.#queue.run(async () => {
      const { results } = await this.#state.run("gradients", checked);
      return Object.fromEntries(
        Object.entries(results).flatMap(([name, values]) => {
          const parameter = parameterOfGradient(name);
          return parameter === undefined ? [] : [[parameter, values] as const];
        }),
      );
    });
  }

  async stream(inputs: TensorInputs = {}): Promise<Stream> {
    this.#refuseDisposed();
    // Its steps come later, as calls of their own: a stream may outlive the model.
    const turn: Turn = (task) => {
      this.#refuseDisposed();
      return this.#queue.run(task);
    };
    const { startStream } = this.parts.streams ?? (await loadStreams());
    return startStream(this.#state, inputs, turn);
  }

  async decode(inputs: TensorInputs, options: DecodeOptions = {}): Promise<readonly (readonly Hypothesis[])[]> {
    this.#refuseDisposed();
    const { decode } = this.parts.decode ?? (await loadDecode());
    const { startStream } = this.parts.streams ?? (await loadStreams());
    return decode(
      {
        definition: this.definition,
        turn: (task) => this.#queue.run(task),
        stream: (whole) => startStream(this.#state, whole, (task) => task()),
        predict: (checked) => predictAll(this.#state, checked),
      },
      inputs,
      options,
    );
  }

  parameters(): Record<string, Float32Array> {
    this.#refuseDisposed();
    return this.#state.parameters();
  }

  async save(): Promise<Uint8Array> {
    this.#refuseDisposed();
    return this.#queue.run(() => Promise.resolve(this.#state.weights()));
  }

  /** Takes over the parameters; optimizer state and counters stay, as with PyTorch's `load_state_dict`. */
  async load(weights: Bytes): Promise<void> {
    this.#refuseDisposed();
    const read = readWeights(this.definition, weights);
    await this.#queue.run(() => {
      this.#state.load(read);
      return Promise.resolve();
    });
  }

  trainingState(): TrainingState & { readonly slots: Tensors } {
    this.#refuseDisposed();
    return this.#state.trainingState();
  }

  restoreTrainingState(state: TrainingState): void {
    this.#refuseDisposed();
    if (this.#queue.busy) {
      throw invalidOption("restoreTrainingState cannot run while other calls are under way; await them first.");
    }
    checkTrainingState(state, this.definition.accumulation?.batches ?? 1);
    this.#state.restore(state);
  }

  report(): BackendReport {
    this.#refuseDisposed();
    return this.#state.report();
  }

  /** Waits for the calls under way, then frees the device. Calling it again does nothing more. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#queue.run(() => this.#state.dispose());
    return this.#disposal;
  }

  #refuseDisposed(): void {
    if (this.#disposal !== undefined) throw disposed(this.definition);
  }

  #oneBatch(inputs: TensorInputs, call: string): CheckedInputs {
    const checked = this.#inputs.check(inputs, "train", !this.#queue.busy);
    if (checked.count <= this.definition.batchSize) return checked;
    throw new Problem({
      code: "wrong-inputs",
      message:
        `${call} takes 1 to ${String(this.definition.batchSize)} examples, the batch size that this module was ` +
        `compiled for, but ${String(checked.count)} were given.`,
      help: "hand them over in several calls, or raise train.batch_size in the spec and compile again.",
    });
  }
}

function disposed(definition: ModelDefinition): Problem {
  return new Problem({
    code: "model-disposed",
    message: `model "${definition.name}" was disposed; it cannot be used any more.`,
    help: "create a new one with model.create().",
  });
}
