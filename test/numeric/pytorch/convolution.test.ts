import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("convolution", 6);
