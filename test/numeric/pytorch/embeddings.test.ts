import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("embeddings", 4);
