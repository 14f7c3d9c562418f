export { shardGroup, shardOf, shardsModule } from "../../provider/items/shard";
