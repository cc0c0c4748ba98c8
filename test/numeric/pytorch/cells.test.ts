import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("cells", 5);
