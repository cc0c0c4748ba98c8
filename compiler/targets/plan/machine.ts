/**
 * What a plan has to know of the machine that is to execute it. All numbers are float32. The estimates are in operations on one
 * vector; how they weigh against each other was measured on the machine that they are of.
 */
export interface Machine {
  /** Numbers of one vector. */
  readonly lanes: number;
  /** Columns of a panel, in which right factors of products are packed: whole vectors. */
  readonly panelColumns: number;
  /** Rows of the smallest tile of a product: what has fewer is computed from its right factor as it lies. */
  readonly tileRows: number;
  /** Bytes behind a tensor that belong to nobody: loads of whole vectors read past its end. */
  readonly slack: number;
  /** What takes more than one operation on a vector. */
  readonly costs: {
    /** The sum of the lanes of one vector. */
    readonly horizontalSum: number;
    /** A vector whose numbers lie apart, loaded or stored. */
    readonly gathered: number;
  };
  readonly thresholds: Thresholds;
}

/** From where on something pays. */
export interface Thresholds {
  /** Below this many columns or depth a panel would be mostly empty. */
  readonly fewestColumns: number;
  readonly fewestDepth: number;
  /** Of a product that leaves its nest. */
  readonly fewestMultiplications: number;
  /** How often panels must be read to be worth packing: a row, or a turn of a loop, is one. */
  readonly fewestReads: number;
  /** Vector operations below which work is not worth dividing: a barrier takes about as long. */
  readonly leastToShare: number;
  /** Between two barriers, work this many times smaller is still worth dividing. */
  readonly smallerBetween: number;
  /** A call, in vector operations, from which on it is worth waking other threads for. */
  readonly leastForThreads: number;
}
