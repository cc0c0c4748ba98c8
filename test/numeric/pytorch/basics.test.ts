import { describePytorch } from "../../support/describe-pytorch.ts";

describePytorch("basics", 11);
